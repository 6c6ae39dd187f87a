import { heldSums } from '../gpu/kernels/heldSums.ts';
import { innerProducts, partialSums } from '../gpu/kernels/innerProducts.ts';
import { floats } from '../gpu/kernels/floats.ts';
import { countElements } from '../tensor/tensorIndex.ts';
import { chunkBytes } from './chunkInputs.ts';
import { createChunkMasker } from './chunkMasks.ts';
import { writeTable, type ChunkWork } from './chunkStream.ts';
import type { MergeJournal } from './journal.ts';
import { only, type RunStage, type StageKind } from './stage.ts';
import type { MergePlan } from './plan.ts';
import type { Sums, SumsKind } from './sums.ts';
import type { PlannedTensor } from './preflight.ts';

/** Sums of a chunk by which its tensor is weighed. */
export const sumStage: StageKind<MergeJournal, Float64Array<ArrayBuffer>> = {
  id: 'sum',
  async open(tools, journal) {
    const { plan, host, allocate } = tools;
    const { models, method } = plan;
    const { compute } = host;
    const kind = method.sums ?? 'products';
    const rows = rowsOf(kind, models);
    const masker = kind === 'products' ? null : await createChunkMasker(tools, journal);
    const partials = await allocate(rows * partialSums * 4);
    const none = Array.from({ length: models }, (_, model) => ({ model, words: [0, 0] as const }));
    const sum = ({ chunk, inputs, slot, words, dtypes }: ChunkWork) => {
      const { elements } = chunk;
      writeTable(compute, slot.inputs, elements, inputs, none);
      const { DELTA = 0 } = method.constants;
      const shared = { threads: partialSums, rows };
      if (kind === 'products')
        return compute.dispatch({
          kernel: innerProducts,
          constants: { DELTA, ...dtypes },
          ...shared,
          buffers: [slot.weights, slot.inputs, partials],
          params: new Uint32Array([elements, models, 0, 0]),
        });
      return compute.dispatch({
        kernel: heldSums,
        ...shared,
        constants: { SQUARE: kind === 'squares' ? 1 : 0, ...dtypes },
        buffers: [slot.weights, slot.inputs, slot.masks, partials],
        params: new Uint32Array([elements, words, models, 0]),
      });
    };
    return {
      async submit(work) {
        await masker?.fill(work);
        await sum(work);
        return [{ buffer: partials, bytes: partials.bytes }];
      },
      digest(_, words) {
        const sums = new Float64Array(rows);
        floats(only(words)).forEach((x, i) => (sums[Math.floor(i / partialSums)]! += x));
        return sums;
      },
    };
  },
};

/**
 * The factors of the models' terms in each merged tensor, from one pass over the inputs (null where a tensor is not weighed);
 * sums of chunks add up in f64.
 */
export async function tensorWeights(
  plan: MergePlan,
  run: RunStage,
  journal: MergeJournal,
): Promise<{ weights: (number[] | null)[]; bytesRead: number }> {
  const { models, method } = plan;
  const weighed = (tensor: PlannedTensor) =>
    plan.values(tensor).some((own) => method.weighs?.(own) ?? true);
  const chunks = plan.chunks.filter(({ tensor }) => tensor.fate === 'merged' && weighed(tensor));
  const bytesRead = chunks.reduce((sum, chunk) => sum + chunkBytes(chunk), 0);
  const kind = method.sums ?? 'products';
  const totals = new Map<PlannedTensor, Float64Array>();
  const totalOf = (tensor: PlannedTensor) =>
    totals.get(tensor) ?? new Float64Array(rowsOf(kind, models));
  await run(sumStage, journal, {
    ...{ label: 'Measuring', chunks, doneBytes: 0, totalBytes: bytesRead },
    async take({ tensor }, sums) {
      totals.set(
        tensor,
        totalOf(tensor).map((total, i) => total + sums[i]!),
      );
    },
  });
  const merged = plan.outputs.filter(({ planned }) => planned.fate === 'merged');
  const weights = merged.map(({ planned }) => {
    if (!weighed(planned)) return null;
    const sums = sumsOf(kind, totalOf(planned), models, countElements(planned.tensor));
    return method.weigh?.(sums, plan.values(planned)) ?? null;
  });
  return { weights, bytesRead };
}

const rowsOf = (kind: SumsKind, models: number) => (kind === 'products' ? models ** 2 : 2 * models);

function sumsOf(kind: SumsKind, total: Float64Array, models: number, elements: number): Sums {
  const each = Array.from({ length: models }, (_, m) => m);
  const [all, held] = [[...total.slice(0, models)], [...total.slice(models)]];
  if (kind !== 'products') return { elements, products: [], all, held };
  const at = (m: number, n: number) => total[Math.min(m, n) * models + Math.max(m, n)] ?? 0;
  return { elements, products: each.map((m) => each.map((n) => at(m, n))), all: [], held: [] };
}
