import { AppError } from '../errors.ts';
import { requestCompute } from '../gpu/requestCompute.ts';
import type { MergeHost } from '../merge/mergeChunks.ts';
import type { StoredCheckpoint } from '../storage/checkpoints.ts';
import { readMaskWords, type StoredMask } from '../storage/masks.ts';
import { createReader } from '../storage/reader.ts';

/** What a merge of these checkpoints, base first, works on, with the masks of its models where they were found before. */
export async function openMerge(
  checkpoints: readonly StoredCheckpoint[],
  masks: readonly (StoredMask | null)[],
): Promise<Pick<MergeHost, 'compute' | 'readers' | 'maskWords'>> {
  const readers = checkpoints.map(createReader);
  return {
    ...{ compute: await requestCompute(), readers },
    async maskWords(m, { name }, from, to) {
      const reader = readers[m + 1];
      if (reader?.maskWords) return reader.maskWords(name, from, to);
      const mask = masks[m];
      if (!mask) throw new AppError('Bug', `Model ${m} has no mask.`);
      return readMaskWords(mask, name, from, to);
    },
  };
}
