import { incompatible, throwIfCancelled } from '../errors.ts';
import { requireCheckpoint } from './checkpoints.ts';
import { createFileReader, damaged } from './reader.ts';
import { differingSpan, digestsOf } from './sliceCheck.ts';
import { sliceSpans } from './slices.ts';

/**
 * Compares every stored byte of a checkpoint with what it was when it was hashed. Throws BadFile where one differs, Incompatible
 * where there is nothing to compare with, Cancelled.
 */
export async function checkCopy(
  id: string,
  signal: AbortSignal,
  onProgress: (doneBytes: number, totalBytes: number) => void,
): Promise<void> {
  const checkpoint = await requireCheckpoint(id);
  const { name, copy, index, bytes, placed, hashing } = checkpoint;
  if (placed) throw incompatible(`“${name}” is used where it lies: it has no copy to check.`);
  if (hashing)
    throw incompatible(`“${name}” is being hashed. Wait until that is done, then check its copy.`);
  const reader = createFileReader(checkpoint);
  let done = 0;
  for (const { file, number, start, end } of sliceSpans(index.files, copy.sliceBytes)) {
    throwIfCancelled(signal);
    const digests = await digestsOf(checkpoint, file, number);
    if (!digests)
      throw incompatible(
        `“${name}” was added by an earlier version, which kept nothing to compare with. Add its files again.`,
      );
    const blob = await reader.rangeBlob(file, start, end);
    const span = await differingSpan(checkpoint, { number, blob, digests }, 0, 1, signal);
    if (span)
      throw damaged(
        checkpoint,
        `${index.files[file]?.name}, bytes ${span[0]} to ${span[1]} are not those that were stored`,
      );
    onProgress((done += end - start), bytes);
  }
}
