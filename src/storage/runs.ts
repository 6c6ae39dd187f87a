import { badFile } from '../errors.ts';
import { blobBytes } from './blobBytes.ts';
import { read, readAll, readLast, write } from './db.ts';
import { keysUnder, type Key, type PartKind } from './keys.ts';
import { formatBytes, withRoom } from './quota.ts';
import { readAhead } from './readAhead.ts';
import { announceLibraryChange, refuse, withFreeLock } from './tabs.ts';

/** A run's record: the engine owns everything but its id; structured-cloneable, no Blobs. */
export type StoredRun<T> = T & { id: string };

/** A piece of a run's output or masks, by its kind and number, and what is to be known of it without reading it. */
export interface RunPart {
  kind: PartKind;
  number: number;
  data: Blob | Uint8Array<ArrayBuffer>;
  note?: unknown;
}

/** Parts that were stored together, under the number of the first: each ends where the next begins. Earlier versions stored a Blob each. */
interface StoredParts {
  blob: Blob;
  parts: { number: number; end: number; note?: unknown }[];
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
  const put = (['out', 'mask'] as const).flatMap((kind): [Key, StoredParts][] => {
    const own = parts.filter((part) => part.kind === kind);
    if (!own[0]) return [];
    let end = 0;
    const places = own.map(({ number, data, note }) => ({
      number,
      end: (end += sizeOf(data)),
      note,
    }));
    const blob = new Blob(joinViews(own.map(({ data }) => data)));
    return [[['part', runId, kind, own[0].number], { blob, parts: places }]];
  });
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

/** Gives stored parts of a run as handles, those in a row by few reads; `BadFile` when one is missing. */
export function openParts(runId: string, kind: PartKind): (number: number) => Promise<Blob> {
  const placeOf = placeParts(runId, kind);
  return async (number) => {
    const { stored, start, end } = await placeOf(number);
    return stored.blob.slice(start, end);
  };
}

/** Reads bytes [start, end) of stored parts of a run, short ones in a row by few reads; `BadFile` when one is missing. */
export function readParts(
  runId: string,
  kind: PartKind,
): (number: number, start: number, end: number) => Promise<Uint8Array<ArrayBuffer>> {
  const placeOf = placeParts(runId, kind);
  let open = { blob: new Blob(), read: readAhead(() => Promise.reject(), 0) };
  return async (number, start, end) => {
    const { stored, start: from } = await placeOf(number);
    const { blob } = stored;
    if (open.blob !== blob) {
      const read = async (a: number, b: number) =>
        new Uint8Array(await blobBytes(blob.slice(a, b)));
      open = { blob, read: readAhead(read, blob.size) };
    }
    return open.read(from + start, from + end);
  };
}

/** Tells where parts lie; those stored together with the last one are not looked for again. */
function placeParts(runId: string, kind: PartKind) {
  let stored: StoredParts = { blob: new Blob(), parts: [] };
  const find = (number: number) => stored.parts.findIndex((part) => part.number === number);
  return async (number: number) => {
    if (find(number) < 0) stored = (await partsAround(runId, kind, number)) ?? stored;
    const at = find(number);
    const part = stored.parts[at];
    if (part && part.end <= stored.blob.size)
      return { stored, start: stored.parts[at - 1]?.end ?? 0, end: part.end };
    const fault = part ? 'too short' : 'missing';
    throw badFile(
      `The stored result is damaged: its ${kind} part ${number} is ${fault}. Delete the result and merge again.`,
    );
  };
}

/** The parts among which one would be. */
async function partsAround(runId: string, kind: PartKind, number: number) {
  const first = ['part', runId, kind];
  const found = await readLast<StoredParts | Blob>(IDBKeyRange.bound(first, [...first, number]));
  if (!(found?.value instanceof Blob)) return found?.value;
  return { blob: found.value, parts: [{ number: Number(found.key[3]), end: found.value.size }] };
}

/** What is noted of the parts of a kind, by their numbers. */
export async function partNotes<Note>(runId: string, kind: PartKind): Promise<Map<number, Note>> {
  const stored = await readAll<Partial<StoredParts>>(keysUnder('part', runId, kind));
  const parts = stored.flatMap((each) => each.parts ?? []);
  return new Map(
    parts.flatMap(({ number, note }) => (note ? [[number, note as Note] as const] : [])),
  );
}

/** Deletes a run with its parts; `Unsupported` while a tab works on it. */
export async function deleteRun(runId: string): Promise<void> {
  await withRun(runId, () => write({ remove: [['run', runId], keysUnder('part', runId)] }));
}

/** Pieces with those that follow each other in one buffer as one: the browser takes its time over each. */
function joinViews(pieces: readonly RunPart['data'][]): RunPart['data'][] {
  const joined: RunPart['data'][] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    const follows =
      last instanceof Uint8Array &&
      piece instanceof Uint8Array &&
      piece.buffer === last.buffer &&
      piece.byteOffset === last.byteOffset + last.length;
    if (follows) joined.pop();
    joined.push(
      follows ? new Uint8Array(last.buffer, last.byteOffset, last.length + piece.length) : piece,
    );
  }
  return joined;
}

const sizeOf = (data: RunPart['data']) => (data instanceof Blob ? data.size : data.byteLength);

async function storedSoFar(runId: string, parts: readonly RunPart[]): Promise<string> {
  const needed = parts.reduce((sum, { data }) => sum + sizeOf(data), 0);
  const stored = await readAll<StoredParts | Blob>(keysUnder('part', runId));
  const sizes = stored.map((each) => (each instanceof Blob ? each : each.blob).size);
  const written = sizes.reduce((a, b) => a + b, 0);
  return `It stopped after ${formatBytes(written)}, for ${formatBytes(needed)} more; what is stored is kept, and the merge can go on from there.`;
}
