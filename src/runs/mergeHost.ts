import { addMasks, emptyTally, type MaskTally } from '../analysis/maskTally.ts';
import { addProducts, emptyProducts } from '../analysis/maskedCosines.ts';
import { bug } from '../errors.ts';
import { requestCompute } from '../jobs/requestCompute.ts';
import { createMeter } from '../jobs/progress.ts';
import { viewFloats } from '../merge/chunkInputs.ts';
import type { MergeHost, MergePart } from '../merge/mergeChunks.ts';
import type { MergePlan } from '../merge/plan.ts';
import { readMaskWords } from '../storage/masks.ts';
import { createReader } from '../storage/reader.ts';
import type { RunPart } from '../storage/runs.ts';
import type { RunAtWork } from './runAtWork.ts';

/** What the merge of a run works on: its checkpoints, the masks found for them, and where its parts are stored. */
export async function hostOf(run: RunAtWork): Promise<MergeHost> {
  const { checkpoints, control, found, tools, matrices } = run;
  const readers = checkpoints.map(createReader);
  return {
    compute: await requestCompute(),
    readers,
    signal: control.signal,
    tensors: tools.tensors,
    onProgress: createMeter(run.report),
    resumed: () => control.resumed(),
    mergeBeside: (matrix) => matrices.merge(matrix),
    async maskWords(m, { name }, from, to) {
      const reader = readers[m + 1];
      if (reader?.maskWords) return reader.maskWords(name, from, to);
      const mask = found.stored[m];
      if (!mask) throw bug(`Model ${m} has no mask.`);
      return readMaskWords(mask, name, from, to);
    },
    // Parts are left to the garbage collector: were they freed here, it would seldom run, and Blobs it has not
    // collected keep their bytes in the browser process.
    save: (parts, journal) => run.save({ journal }, piecesOf(parts, run.plan)),
  };
}

/** What is noted of a part while its masks are in memory. */
export interface PartNote {
  tally: MaskTally;
  products: Float64Array | undefined;
}

/** Scalar products of the masked task vectors of a chunk. */
export const measureProducts: NonNullable<MergeHost['measure']> = (inputs, masks) => {
  const [base = new Float32Array(), ...tuned] = inputs.map(viewFloats);
  const products = emptyProducts(tuned.length);
  addProducts(products, base, tuned, masks);
  return products;
};

function piecesOf(parts: readonly MergePart[], plan: MergePlan): RunPart[] {
  return parts.flatMap(({ number, out, mask, products }): RunPart[] => {
    const merged = { kind: 'out', number, data: out } as const;
    if (!mask) return [merged];
    const note: PartNote = { tally: tallyOf(mask.buffer, plan, number), products };
    return [merged, { kind: 'mask', number, data: mask, note }];
  });
}

/** Counts over the masks of a part. */
export function tallyOf(
  masks: ArrayBuffer,
  { models, chunks }: MergePlan,
  part: number,
): MaskTally {
  const tally = emptyTally(models);
  addMasks(tally, new Uint32Array(masks), chunks[part]?.elements ?? 0);
  return tally;
}
