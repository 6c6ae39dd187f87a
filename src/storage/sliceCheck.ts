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
  checkpoint: StoredCheckpoint,
  file: number,
  number: number,
  blob: Blob,
): Promise<[number, number] | null> {
  const name = `${checkpoint.copy.id}/${spanName({ file, number })}`;
  if (compared.has(name)) return null;
  const digests = await digestsOf(checkpoint, file, number);
  if (!digests) return null;
  const step = checkpoint.bytes > wholeBytes ? oneIn : 1;
  const first = Math.floor(Math.random() * Math.min(step, digests.length / digestBytes));
  const span = await differingSpan(checkpoint, { number, blob, digests }, first, step);
  if (!span) compared.add(name);
  return span;
}

/** Digests of a stored slice's chunks; undefined where they are not known. */
export async function digestsOf(
  { copy, hashed }: StoredCheckpoint,
  file: number,
  number: number,
): Promise<Uint8Array | undefined> {
  return hashed && read<Uint8Array>(['digests', copy.id, file, number]);
}

/** Compares chunk `first` of a slice and each `step`-th after it; the bytes [start, end) of the file where one differs, or null. */
export async function differingSpan(
  { copy, hashed }: StoredCheckpoint,
  { number, blob, digests }: { number: number; blob: Blob; digests: Uint8Array },
  first: number,
  step: number,
  signal = new AbortController().signal,
): Promise<[number, number] | null> {
  const chunkBytes = hashed?.chunkBytes ?? 0;
  for (let chunk = first; chunk < digests.length / digestBytes; chunk += step) {
    const [start, end] = [chunk * chunkBytes, Math.min((chunk + 1) * chunkBytes, blob.size)];
    const found = await digestChunks(blob.slice(start, end), chunkBytes, signal);
    const wanted = digests.subarray(chunk * digestBytes, (chunk + 1) * digestBytes);
    const before = number * copy.sliceBytes;
    if (indexedDB.cmp(found, wanted) !== 0) return [before + start, before + end];
  }
  return null;
}
