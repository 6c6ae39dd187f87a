import { badFile } from '../errors.ts';
import { read, readAll, write } from './db.ts';
import { keysUnder, type Key, type PartKind } from './keys.ts';
import { formatBytes, withRoom } from './quota.ts';
import { announceLibraryChange, refuse, withFreeLock } from './tabs.ts';

/** A run's record: the engine owns everything but its id; structured-cloneable, no Blobs. */
export type StoredRun<T> = T & { id: string };

/** A piece of a run's output or masks, stored under its kind and number. */
export interface RunPart {
  kind: PartKind;
  number: number;
  data: Blob | Uint8Array<ArrayBuffer>;
}

/** Runs `work` while no other tab works on this run, then tells the other tabs; `Unsupported` when one does. */
export async function withRun<T>(runId: string, work: () => Promise<T>): Promise<T> {
  const busy = `This merge is running already, perhaps in another tab. Wait until it ends, or cancel it there.`;
  try {
    return await withFreeLock(`run-${runId}`, work, refuse(busy));
  } finally {
    announceLibraryChange();
  }
}

/** Stores parts and the record that counts them in one transaction: all or nothing. `QuotaFull` keeps what was stored before. */
export async function putParts<T>(
  runId: string,
  parts: readonly RunPart[],
  record: StoredRun<T>,
): Promise<void> {
  const put: [Key, unknown][] = parts.map(({ kind, number, data }) => [
    ['part', runId, kind, number],
    data instanceof Blob ? data : new Blob([data]),
  ]);
  await withRoom(
    'the output of this merge',
    () => storedSoFar(runId, parts),
    () => write({ put: [...put, [['run', runId], record]] }),
  );
}

/** The record of a run, undefined when there is none. */
export function getRun<T>(runId: string): Promise<StoredRun<T> | undefined> {
  return read<StoredRun<T>>(['run', runId]);
}

/** The records of all runs; reads no part. */
export function listRuns<T>(): Promise<StoredRun<T>[]> {
  return readAll<StoredRun<T>>(keysUnder('run'));
}

/** A stored part, as a handle; `BadFile` when it is missing. */
export async function getPart(runId: string, kind: PartKind, number: number): Promise<Blob> {
  const part = await read<Blob>(['part', runId, kind, number]);
  if (part) return part;
  throw badFile(
    `The stored result is damaged: its ${kind} part ${number} is missing. Delete the result and merge again.`,
  );
}

/** Deletes a run with its parts; `Unsupported` while a tab works on it. */
export async function deleteRun(runId: string): Promise<void> {
  await withRun(runId, () => write({ remove: [['run', runId], keysUnder('part', runId)] }));
}

async function storedSoFar(runId: string, parts: readonly RunPart[]): Promise<string> {
  const size = ({ data }: RunPart) => (data instanceof Blob ? data.size : data.byteLength);
  const needed = parts.reduce((sum, part) => sum + size(part), 0);
  const stored = await readAll<Blob>(keysUnder('part', runId));
  const written = stored.reduce((sum, blob) => sum + blob.size, 0);
  return `It stopped after ${formatBytes(written)}, for ${formatBytes(needed)} more; what is stored is kept, and the merge can go on from there.`;
}
