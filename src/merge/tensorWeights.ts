import { heldSums } from '../gpu/kernels/heldSums.ts';
import { innerProducts, partialSums } from '../gpu/kernels/innerProducts.ts';
import { floats } from '../gpu/kernels/floats.ts';
import { chunkBytes } from './chunkInputs.ts';
import {
  stream,
  writeTable,
  type Allocate,
  type ChunkWork,
  type Slot,
  type StreamHost,
} from './chunkStream.ts';
import { countElements } from '../tensor/tensorIndex.ts';
import type { MergePlan } from './plan.ts';
import type { Sums, SumsKind } from './sums.ts';
import type { PlannedTensor } from './preflight.ts';

/**
 * The factors of the models' terms in each merged tensor, from one pass over the inputs (null where a tensor is not weighed);
 * sums of chunks add up in f64.
 */
export async function tensorWeights(
  plan: MergePlan,
  host: StreamHost,
  slots: Slot[],
  allocate: Allocate,
  mask: (work: ChunkWork) => Promise<void>,
): Promise<{ weights: (number[] | null)[]; bytesRead: number }> {
  const { models, method } = plan;
  const weighed = (tensor: PlannedTensor) =>
    plan.values(tensor).some((own) => method.weighs?.(own) ?? true);
  const scope = plan.chunks.filter(({ tensor }) => tensor.fate === 'merged' && weighed(tensor));
  const bytes = scope.reduce((sum, chunk) => sum + chunkBytes(chunk), 0);
  const kind = method.sums ?? 'products';
  const rows = kind === 'products' ? models ** 2 : 2 * models;
  const partials = await allocate(rows * partialSums * 4);
  const totals = new Map<PlannedTensor, Float64Array>();
  await stream(scope, host, slots, 'Measuring', 0, bytes, {
    async submit(work) {
      if (kind !== 'products') await mask(work);
      await sum(work);
      return { words: host.compute.read([{ buffer: partials, bytes: partials.bytes }]) };
    },
    async finish({ tensor }, _, [words = new Uint32Array()]) {
      const total = totals.get(tensor) ?? new Float64Array(rows);
      floats(words).forEach((x, i) => (total[Math.floor(i / partialSums)]! += x));
      totals.set(tensor, total);
    },
  });
  const merged = plan.outputs.filter(({ planned }) => planned.fate === 'merged');
  const weights = merged.map(({ planned }) => {
    if (!weighed(planned)) return null;
    const total = totals.get(planned) ?? new Float64Array(rows);
    const sums = sumsOf(kind, total, models, countElements(planned.tensor));
    return method.weigh?.(sums, plan.values(planned)) ?? null;
  });
  return { weights, bytesRead: bytes };

  async function sum({ chunk, inputs, slot, words, dtypes }: ChunkWork) {
    const { elements } = chunk;
    const none = Array.from({ length: models }, (_, model) => ({ model, words: [0, 0] as const }));
    writeTable(host.compute, slot.inputs, elements, inputs, none);
    const { DELTA = 0 } = method.constants;
    const shared = { threads: partialSums, rows };
    if (kind === 'products')
      return host.compute.dispatch({
        kernel: innerProducts,
        constants: { DELTA, ...dtypes },
        ...shared,
        buffers: [slot.weights, slot.inputs, partials],
        params: new Uint32Array([elements, models, 0, 0]),
      });
    return host.compute.dispatch({
      kernel: heldSums,
      ...shared,
      constants: { SQUARE: kind === 'squares' ? 1 : 0, ...dtypes },
      buffers: [slot.weights, slot.inputs, slot.masks, partials],
      params: new Uint32Array([elements, words, models, 0]),
    });
  }
}

function sumsOf(kind: SumsKind, total: Float64Array, models: number, elements: number): Sums {
  const each = Array.from({ length: models }, (_, m) => m);
  const [all, held] = [[...total.slice(0, models)], [...total.slice(models)]];
  if (kind !== 'products') return { elements, products: [], all, held };
  const at = (m: number, n: number) => total[Math.min(m, n) * models + Math.max(m, n)] ?? 0;
  return { elements, products: each.map((m) => each.map((n) => at(m, n))), all: [], held: [] };
}
