import type { StoredCheckpoint } from './checkpoints.ts';
import { digestBytes, digestChunks } from './contentId.ts';
import { read } from './db.ts';
import { spanName } from './slices.ts';

/** Of larger checkpoints a part of the chunks is compared at a time: reading and hashing all would cost as much as a merge. */
export const wholeBytes = 16 * 2 ** 20;

/** One chunk in so many of each slice, other ones each time. */
const oneIn = 64;

/** Slices that were compared in the life of this worker. */
const compared = new Set<string>();

/**
 * Compares chunks of a stored slice with what they were when the checkpoint was hashed, once in the life of a worker: all where the checkpoint
 * is small, else a sample. The bytes [start, end) of the file where they differ; null where they do not, or are not known.
 */
export async function damagedSpan(
  { copy, hashed, bytes }: StoredCheckpoint,
  file: number,
  number: number,
  blob: Blob,
): Promise<[number, number] | null> {
  const name = `${copy.id}/${spanName({ file, number })}`;
  if (!hashed || compared.has(name)) return null;
  const digests = await read<Uint8Array>(['digests', copy.id, file, number]);
  if (!digests) return null;
  const { chunkBytes } = hashed;
  const step = bytes > wholeBytes ? oneIn : 1;
  const chunks = digests.length / digestBytes;
  for (
    let chunk = Math.floor(Math.random() * Math.min(step, chunks));
    chunk < chunks;
    chunk += step
  ) {
    const [start, end] = [chunk * chunkBytes, Math.min((chunk + 1) * chunkBytes, blob.size)];
    const signal = new AbortController().signal;
    const found = await digestChunks(blob.slice(start, end), chunkBytes, signal);
    const wanted = digests.subarray(chunk * digestBytes, (chunk + 1) * digestBytes);
    const first = number * copy.sliceBytes;
    if (indexedDB.cmp(found, wanted) !== 0) return [first + start, first + end];
  }
  compared.add(name);
  return null;
}
