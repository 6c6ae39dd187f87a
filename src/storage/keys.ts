/**
 * Every key of the one object store. Keys are arrays, so that a prefix is a range:
 *
 *     ['base']                                content id of the library's base
 *     ['checkpoint', contentId]               StoredCheckpoint
 *     ['slice', copyId, file, number]         StoredSlice: bytes of a weight file, and their chunk digests
 *     ['ingest', fingerprint]                 IngestJournal: a copy under way or cut off
 *     ['run', runId]                          StoredRun
 *     ['part', runId, 'out'|'mask', number]   Blob made by a run
 *     ['data', name]                          StoredData
 *     ['mask', maskId]                        StoredMask
 *     ['score', scoreId]                      StoredScore
 *     ['setting', name]                       a choice of the user for every run
 *     ['snapshot', searchId]                  SnapshotRecord: a search for masks that was cut off
 *     ['snapshot', searchId, slot, name]      Blob: a part of its state
 *
 * A slice belongs to the checkpoint or the journal that names its copyId, a part to its run, a part of a snapshot to the
 * record that names its slot.
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

export const dataKey = (name: string): Key => ['data', name];

export const maskKey = (id: string): Key => ['mask', id];

export const scoreKey = (id: string): Key => ['score', id];

export const settingKey = (name: 'memoryBudget'): Key => ['setting', name];

export const snapshotKey = (searchId: string): Key => ['snapshot', searchId];

export const snapshotPartKey = (searchId: string, slot: string, name: string): Key => [
  'snapshot',
  searchId,
  slot,
  name,
];

/** All keys that begin with these components: an array sorts after every string and number. */
export function keysUnder(...prefix: Key): IDBKeyRange {
  return IDBKeyRange.bound(prefix, [...prefix, []]);
}
