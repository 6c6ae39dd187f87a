import { addProducts, cosinesOf, emptyProducts } from '../../analysis/maskedCosines.ts';
import { throwIfCancelled } from '../../errors.ts';
import { readF32Range } from '../../models/readF32.ts';
import { createReader } from '../../storage/reader.ts';
import { openParts, partNotes } from '../../storage/runs.ts';
import { release } from '../../tensor/release.ts';
import type { PartNote } from '../mergeHost.ts';
import type { RunAtWork, RunStage } from '../runAtWork.ts';

/** Compares the masked task vectors with one another. */
export const compareStage: RunStage = async (run) => {
  const started = performance.now();
  if (run.plan.method.mask === 'density') run.cosines = await runCosines(run);
  run.evaluateSeconds += (performance.now() - started) / 1000;
};

/** Cosines of a run's masked task vectors: by what was noted of its parts, else read chunk by chunk. */
async function runCosines({ id, plan, checkpoints, control, step }: RunAtWork): Promise<number[]> {
  const readers = checkpoints.map(createReader);
  const partOf = openParts(id, 'mask');
  const notes = await partNotes<PartNote>(id, 'mask');
  const products = emptyProducts(plan.models);
  const chunks = plan.chunks.filter(({ tensor }) => tensor.fate === 'merged');
  for (const [i, { tensor, start, elements, part }] of chunks.entries()) {
    throwIfCancelled(control.signal);
    const noted = notes.get(part)?.products;
    noted?.forEach((product, at) => (products[at]! += product));
    if (noted) continue;
    const blob = await partOf(part);
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
    for (const each of values) if (each) release(each);
    release(masks);
    step('Comparing', i + 1, chunks.length, 'task vectors');
  }
  return cosinesOf(products);
}
