import { addMasks, emptyTally, type MaskTally } from '../analysis/maskTally.ts';
import { addProducts, emptyProducts, type MaskedProducts } from '../analysis/maskedCosines.ts';
import { bug } from '../errors.ts';
import { requestCompute } from '../jobs/requestCompute.ts';
import { createMeter } from '../jobs/progress.ts';
import { viewFloats } from '../merge/chunkInputs.ts';
import type { MergePart } from '../merge/mergeChunks.ts';
import type { StageHost } from '../merge/stage.ts';
import type { MergePlan } from '../merge/plan.ts';
import type { MergeHost } from '../merge/runMerge.ts';
import type { StoredCheckpoint } from '../storage/checkpoints.ts';
import { readMaskWords, type StoredMask } from '../storage/masks.ts';
import { createReaders } from '../storage/reader.ts';
import type { RunPart } from '../storage/runs.ts';
import { release } from '../tensor/release.ts';
import type { RunAtWork } from './runAtWork.ts';

/** What the merge of a run works on: its checkpoints, the masks found for them, and where its parts are stored. */
export async function hostOf(run: RunAtWork): Promise<MergeHost> {
  const { checkpoints, control, found, tools, matrices, plan } = run;
  const compute = await requestCompute();
  return {
    ...inputsOf(checkpoints, found.stored),
    compute,
    signal: control.signal,
    ...(!compute.software && { tensors: () => tools.tensors() }),
    onProgress: createMeter(run.report),
    resumed: () => control.resumed(),
    mergeBeside: (matrix) => matrices.merge(matrix),
    // Parts are left to the garbage collector: were they freed here, it would seldom run, and Blobs it has not
    // collected keep their bytes in the browser process.
    save: (parts, journal) => run.save({ journal }, piecesOf(parts, plan)),
  };
}

/** Stores the parts that a crew made, and frees them: what other threads allocated does not hasten the collector of this one. */
export function freeing(save: MergeHost['save']): MergeHost['save'] {
  return async (parts, journal) => {
    await save(parts, journal);
    for (const { out, mask } of parts) [out, mask].forEach((each) => each && release(each));
  };
}

/** Checkpoints, base first, and the masks that were found for their models. */
export function inputsOf(
  checkpoints: readonly StoredCheckpoint[],
  masks: readonly (StoredMask | null)[],
): Pick<StageHost, 'readers'> & Required<Pick<StageHost, 'maskWords'>> {
  const readers = createReaders(checkpoints);
  return {
    readers,
    async maskWords(m, { name }, from, to, own) {
      const reader = readers[m + 1];
      if (reader?.maskWords) return reader.maskWords(own, from, to);
      const mask = masks[m];
      if (!mask) throw bug(`Model ${m} has no mask.`);
      return readMaskWords(mask, name, from, to);
    },
  };
}

/** What is noted of a part while its masks are in memory. */
export interface PartNote {
  tally: MaskTally;
  /** Scalar products of the masked task vectors, where masks pick positions. */
  products?: MaskedProducts;
}

/** Notes a plan's parts. */
export function noteOf({ method, models }: MergePlan): NonNullable<StageHost['note']> {
  return (inputs, masks, { elements }): PartNote => {
    const tally = tallyOf(masks, models, elements);
    if (method.mask !== 'density') return { tally };
    const [base = new Float32Array(), ...tuned] = inputs.map(viewFloats);
    const products = emptyProducts(models);
    addProducts(products, base, tuned, masks);
    return { tally, products };
  };
}

function piecesOf(parts: readonly MergePart[], { models, chunks }: MergePlan): RunPart[] {
  return parts.flatMap(({ number, out, mask, note, odd }): RunPart[] => {
    const merged = { kind: 'out', number, data: out, ...(odd && { note: odd }) } as const;
    if (!mask) return [merged];
    const words = new Uint32Array(mask.buffer, mask.byteOffset, mask.byteLength / 4);
    const known = note ?? { tally: tallyOf(words, models, chunks[number]?.elements ?? 0) };
    return [merged, { kind: 'mask', number, data: mask, note: known }];
  });
}

/** Counts over the masks of a part of so many elements: models' rows, then the changed bits. */
export function tallyOf(masks: Uint32Array, models: number, elements: number): MaskTally {
  const tally = emptyTally(models);
  addMasks(tally, masks, elements);
  return tally;
}
