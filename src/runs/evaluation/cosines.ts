import { addProducts, cosinesOf, emptyProducts } from '../../analysis/maskedCosines.ts';
import { throwIfCancelled } from '../../errors.ts';
import type { MergePlan } from '../../merge/plan.ts';
import { readF32Range } from '../../models/readF32.ts';
import { getPart } from '../../storage/runs.ts';
import { asBytes, release } from '../../tensor/release.ts';
import type { TensorReader } from '../../tensor/tensorIndex.ts';

/** Cosines of a finished run's masked task vectors, read chunk by chunk; empty for methods without masks. */
export async function runCosines(
  runId: string,
  plan: MergePlan,
  readers: readonly TensorReader[],
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): Promise<number[]> {
  if (plan.method.mask !== 'density') return [];
  const products = emptyProducts(plan.models);
  const chunks = plan.chunks.filter(({ tensor }) => tensor.fate === 'merged');
  for (const [i, { tensor, start, elements, part }] of chunks.entries()) {
    throwIfCancelled(signal);
    const blob = await getPart(runId, 'mask', part);
    const masks = new Uint32Array(await blob.arrayBuffer());
    const infos = [tensor.tensor, ...tensor.models];
    const values = await Promise.all(
      infos.map(async (info, at) => {
        const reader = readers[at];
        return info && reader ? readF32Range(reader, info, start, start + elements) : null;
      }),
    );
    const [base, ...tuned] = values.map((each) => each ?? new Float32Array(elements));
    if (base) addProducts(products, base, tuned, masks);
    for (const each of values) if (each) release(new Uint8Array(each.buffer));
    release(asBytes(masks));
    onProgress(i + 1, chunks.length);
  }
  return cosinesOf(products);
}
