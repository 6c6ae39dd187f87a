/**
 * Every key of the one object store. Keys are arrays, so that a prefix is a range:
 *
 *     ['base']                                content id of the library's base
 *     ['checkpoint', contentId]               StoredCheckpoint
 *     ['slice', copyId, file, number]         StoredSlice: bytes of a weight file, and their chunk digests
 *     ['ingest', fingerprint]                 IngestJournal: a copy under way or cut off
 *     ['run', runId]                          StoredRun
 *     ['part', runId, 'out'|'mask', number]   Blob made by a run
 *
 * A slice belongs to the checkpoint or the journal that names its copyId, a part to its run.
 */
export type Key = [string, ...(string | number)[]];

export type PartKind = 'out' | 'mask';

export const baseKey: Key = ['base'];

export const checkpointKey = (id: string): Key => ['checkpoint', id];

export const sliceKey = (copyId: string, file: number, number: number): Key => [
  'slice',
  copyId,
  file,
  number,
];

export const ingestKey = (fingerprint: string): Key => ['ingest', fingerprint];

export const runKey = (runId: string): Key => ['run', runId];

export const partKey = (runId: string, kind: PartKind, number: number): Key => [
  'part',
  runId,
  kind,
  number,
];

/** All keys that begin with these components: an array sorts after every string and number. */
export function keysUnder(...prefix: Key): IDBKeyRange {
  return IDBKeyRange.bound(prefix, [...prefix, []]);
}
