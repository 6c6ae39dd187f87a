import { innerProducts, productPartials } from '../gpu/kernels/innerProducts.ts';
import { floats } from '../gpu/kernels/floats.ts';
import { chunkBytes, dtypeConstants } from './chunkInputs.ts';
import {
  stream,
  upload,
  writeTable,
  type Allocate,
  type Slot,
  type StreamHost,
} from './chunkStream.ts';
import type { MergePlan } from './plan.ts';
import type { PlannedTensor } from './preflight.ts';

/** Inner products of every pair of models, n × n. */
export type Products = readonly (readonly number[])[];

/** The weights of the models in each merged tensor, from one pass over the inputs; sums of chunks add up in f64. */
export async function tensorWeights(
  plan: MergePlan,
  host: StreamHost,
  slots: Slot[],
  allocate: Allocate,
): Promise<{ weights: number[][]; bytesRead: number }> {
  const { compute } = host;
  const { models, method } = plan;
  const scope = plan.chunks.filter(({ tensor }) => tensor.fate === 'merged');
  const bytes = scope.reduce((sum, chunk) => sum + chunkBytes(chunk), 0);
  const partials = await allocate(models ** 2 * productPartials * 4);
  const sums = new Map<PlannedTensor, Float64Array>();
  const none = Array.from({ length: models }, (_, model) => ({ model, words: [0, 0] as const }));
  await stream(scope, host, slots, 'Measuring', 0, bytes, {
    async submit({ elements }, inputs, slot) {
      upload(compute, slot, elements, inputs);
      writeTable(compute, slot.inputs, elements, inputs, none);
      await compute.dispatch({
        kernel: innerProducts,
        constants: {
          DELTA: method.constants.DELTA ?? 0,
          ...dtypeConstants(...inputs.map(({ dtype }) => dtype)),
        },
        buffers: [slot.weights, slot.inputs, partials],
        params: new Uint32Array([elements, models, 0, 0]),
        threads: productPartials,
        rows: models ** 2,
      });
      return { words: compute.read([{ buffer: partials, bytes: partials.bytes }]) };
    },
    async finish({ tensor }, _, [words = new Uint32Array()]) {
      const sum = sums.get(tensor) ?? new Float64Array(models ** 2);
      floats(words).forEach((x, i) => (sum[Math.floor(i / productPartials)]! += x));
      sums.set(tensor, sum);
    },
  });
  const merged = plan.outputs.filter(({ planned }) => planned.fate === 'merged');
  const weights = merged.map(({ planned }) => {
    const sum = sums.get(planned) ?? new Float64Array(models ** 2);
    const at = (m: number, n: number) => sum[Math.min(m, n) * models + Math.max(m, n)] ?? 0;
    const products = plan.weights.map((_, m) => plan.weights.map((_, n) => at(m, n)));
    return method.weigh?.(products, plan.parameters) ?? plan.weights;
  });
  return { weights, bytesRead: bytes };
}
