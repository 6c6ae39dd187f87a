/**
 * Every key of the one object store. A slice and its digests belong to the checkpoint or the journal that names their copyId, a
 * part to its run, a part of a snapshot to the record that names its slot.
 */
export type Key =
  // Content id of the library's base.
  | ['base']
  // CheckpointRecord; by its copyId until its content id is known.
  | ['checkpoint', contentId: string]
  // TensorIndex: of the checkpoint that names the copyId.
  | ['index', copyId: string]
  // StoredSlice: bytes of a weight file.
  | ['slice', copyId: string, file: number, number: number]
  // SHA-256s of the chunks of a slice, 32 bytes each; of files in place until the content id is known.
  | ['digests', copyId: string, file: number, number: number]
  // IngestJournal: a copy under way or cut off.
  | ['ingest', fingerprint: string]
  // StoredRun.
  | ['run', runId: string]
  // Blob made by a run.
  | ['part', runId: string, kind: PartKind, number: number]
  // StoredData.
  | ['data', name: string]
  // StoredMask.
  | ['mask', maskId: string]
  // StoredScore.
  | ['score', scoreId: string]
  // StoredLab.
  | ['lab', labId: string]
  // StoredRanking.
  | ['ranking', labId: string, localizer: string, task: number]
  // StoredOutcome.
  | ['outcome', outcomeId: string]
  // A choice of the user for every run: bytes of weights and mask state on the device; where the arithmetic runs.
  | ['setting', name: SettingName]
  // SnapshotRecord: a search for masks that was cut off.
  | ['snapshot', searchId: string]
  // Blob: a part of its state.
  | ['snapshot', searchId: string, slot: string, name: string];

export type SettingName = 'memoryBudget' | 'engine';

export type PartKind = 'out' | 'mask';

/** All keys that begin with these components: an array sorts after every string and number. */
export function keysUnder(kind: Key[0], ...rest: (string | number)[]): IDBKeyRange {
  const prefix = [kind, ...rest];
  return IDBKeyRange.bound(prefix, [...prefix, []]);
}
