import { bug, incompatible } from '../errors.ts';
import type { Adapter } from '../formats/adapters/adapter.ts';
import type { Ties } from '../formats/checkpoint.ts';
import type { Patch } from '../formats/patchFile.ts';
import type { SourceFile } from '../formats/source.ts';
import type { ModelPart } from '../tensor/modelParts.ts';
import type { TensorIndex } from '../tensor/tensorIndex.ts';
import type { LaidTensor } from './adapterReader.ts';
import { read, readAll, readWith, write } from './db.ts';
import { keysUnder, type Key } from './keys.ts';
import { keysOfAllMadeWith } from './madeWith.ts';
import type { StoredMask } from './masks.ts';
import type { PlacedFile } from './placed.ts';
import type { StoredScore } from './scores.ts';
import type { StoredCopy } from './slices.ts';
import { announceLibraryChange, refuse, withFreeLock, withLock } from './tabs.ts';

/** A checkpoint of the library; its weights lie in slices, or where the user has them, see `createReader`. */
export interface StoredCheckpoint {
  /** Content id, see `contentId`; the copy's id while `hashing` is set. */
  id: string;
  /** Set until the content id is known, see `identify`. */
  hashing?: { chunkBytes: number };
  /** Set once it is: how its digests were made, which copies keep. */
  hashed?: { chunkBytes: number };
  /** What else it is known by: while it was hashed, its file's name, and equal ones that were added later. */
  formerIds?: readonly string[];
  formerNames?: readonly string[];
  /** Unique in the library. */
  name: string;
  index: TensorIndex;
  architecture: string | null;
  /** Set where it is a model of several parts; side files then have paths below its folder. */
  parts?: readonly ModelPart[];
  /** Set when it is a patch: `index` then tells the base's tensors with the patch on them, see `createReader`. */
  patch?: Patch;
  /** Set when it is an adapter: `index` then tells its own tensors, or with `laid` those of a base with it on them. */
  adapter?: Adapter;
  /** Of an adapter on a checkpoint: that one, and what it makes of its tensors. Its id names both. */
  laid?: { on: StoredCheckpoint; tensors: ReadonlyMap<string, LaidTensor> };
  /** Set once its tied tensors were compared. */
  ties?: Ties;
  /** Set where the files hold several models: which of them this is. */
  part?: string;
  /** Of all weight files. */
  bytes: number;
  sideFiles: readonly SourceFile[];
  copy: StoredCopy;
  /** Its weight files where they are used in place: the copy then has no slices. */
  placed?: readonly PlacedFile[];
  /** Milliseconds since 1970. */
  addedAt: number;
  /** When it was last marked as a base. */
  baseSince?: number;
}

/** A checkpoint as it lies in storage: without its index, which earlier versions stored with it. */
export type CheckpointRecord = Omit<StoredCheckpoint, 'index'> & { index?: TensorIndex };

/** Indexes by the ids of their copies, which they never change under: one of thousands of tensors takes long to read. */
const indexes = new Map<string, TensorIndex>();

/** All checkpoints, oldest first. */
export async function listCheckpoints(): Promise<StoredCheckpoint[]> {
  const all = await readCheckpoints(keysUnder('checkpoint'));
  const copies = new Set(all.map(({ copy }) => copy.id));
  for (const copy of indexes.keys()) if (!copies.has(copy)) indexes.delete(copy);
  return all.sort((a, b) => a.addedAt - b.addedAt);
}

/** What is to be stored of a checkpoint. */
export function entriesOf({ index, ...record }: StoredCheckpoint): [Key, unknown][] {
  return [
    [['checkpoint', record.id], record],
    [['index', record.copy.id], index],
  ];
}

async function readCheckpoints(keys: Key | IDBKeyRange): Promise<StoredCheckpoint[]> {
  const known = new Map(indexes);
  const found = await readWith<CheckpointRecord, TensorIndex>(keys, ({ index, copy }) =>
    index || known.has(copy.id) ? null : ['index', copy.id],
  );
  return found.map(([record, stored]) => {
    const { copy, name } = record;
    if (stored) indexes.set(copy.id, stored);
    const index = record.index ?? stored ?? known.get(copy.id);
    if (!index) throw bug(`“${name}” has no index.`);
    return { ...record, index };
  });
}

/** The checkpoint of this id, or of this id formerly; undefined when the library has none. */
export async function getCheckpoint(id: string): Promise<StoredCheckpoint | undefined> {
  const [found] = await readCheckpoints(['checkpoint', id]);
  return found ?? (await listCheckpoints()).find(({ formerIds }) => formerIds?.includes(id));
}

/** Hands the checkpoints of these ids to `work` and keeps every tab from deleting them until it settles. */
export async function useCheckpoints<T>(
  ids: readonly string[],
  work: (checkpoints: StoredCheckpoint[]) => Promise<T>,
): Promise<T> {
  const copies = (await Promise.all(ids.map(requireCheckpoint))).map(({ copy }) => copy.id);
  const hold = async ([copy, ...rest]: string[]): Promise<{ made: T } | null> => {
    if (copy !== undefined) return withLock(copyLock(copy), 'shared', () => hold(rest));
    const checkpoints = await Promise.all(ids.map(requireCheckpoint));
    // One that proved equal to another meanwhile lies in that one's copy.
    const same = checkpoints.every((each, i) => each.copy.id === copies[i]);
    return same ? { made: await work(checkpoints) } : null;
  };
  const held = await hold([...new Set(copies)]);
  return held ? held.made : useCheckpoints(ids, work);
}

/** Keeps what was found of a checkpoint's tied tensors, if it is still there. */
export async function keepTies(id: string, ties: Ties): Promise<void> {
  await withLock('library', 'exclusive', async () => {
    const checkpoint = await getCheckpoint(id);
    if (checkpoint) await write({ put: entriesOf({ ...checkpoint, ties }) });
  });
}

/** Renames a checkpoint; `Incompatible` when the name is empty or another checkpoint's. */
export async function renameCheckpoint(id: string, name: string): Promise<void> {
  await changeLibrary(async () => {
    const all = await listCheckpoints();
    const trimmed = name.trim();
    if (!trimmed) throw incompatible('A checkpoint needs a name. Type at least one letter.');
    const checkpoint = await requireCheckpoint(id);
    if (all.some((each) => each.name === trimmed && each.id !== checkpoint.id))
      throw incompatible(
        `Another checkpoint is named “${trimmed}” already. Choose a different name.`,
      );
    await write({ put: entriesOf({ ...checkpoint, name: trimmed }) });
  });
}

/** Deletes a checkpoint with its slices, and the masks and scores that were made with it; `Unsupported` while a run in any tab uses it. */
export async function deleteCheckpoint(idNow: string): Promise<void> {
  await changeLibrary(async () => {
    const checkpoint = await getCheckpoint(idNow);
    if (!checkpoint) return;
    const { id, copy, name } = checkpoint;
    const busy = `“${name}” is in use by a run in this or another tab. Wait until the run ends, or cancel it, then delete.`;
    const remove = async () => {
      const marks: Key[] = (await getBase()) === id ? [['base']] : [];
      const weights = (['index', 'slice', 'digests'] as const).map((kind) =>
        keysUnder(kind, copy.id),
      );
      const ofThis = ({ base, tuned }: StoredMask | StoredScore) =>
        [base, tuned].some((each) => each.split('+').includes(id));
      const masks = (await readAll<StoredMask>(keysUnder('mask'))).filter(ofThis);
      const scores = (await readAll<StoredScore>(keysUnder('score'))).filter(ofThis);
      const made = [
        ...masks.map((each): Key => ['mask', each.id]),
        ...scores.map((each): Key => ['score', each.id]),
        ...(await keysOfAllMadeWith(id)),
      ];
      await write({ remove: [['checkpoint', id], ...weights, ...marks, ...made] });
    };
    await withFreeLock(copyLock(copy.id), remove, refuse(busy));
  });
}

/** Id of the checkpoint marked as base, null when none is. */
export async function getBase(): Promise<string | null> {
  return (await read<string>(['base'])) ?? null;
}

/** Marks a checkpoint as the base; `Incompatible` for a patch. */
export async function setBase(id: string): Promise<void> {
  await changeLibrary(async () => {
    const checkpoint = await requireCheckpoint(id);
    const { name, patch, adapter } = checkpoint;
    const what = patch ? 'a patch' : adapter && 'an adapter';
    if (what) throw incompatible(`“${name}” is ${what}, which no base can be. Choose another.`);
    const marked = { ...checkpoint, baseSince: Date.now() };
    await write({ put: [[['base'], checkpoint.id], ...entriesOf(marked)] });
  });
}

/** Marks a checkpoint as a base beside the one that is current, unless it was one before. */
export async function addBase(id: string): Promise<void> {
  await changeLibrary(async () => {
    const checkpoint = await requireCheckpoint(id);
    if (checkpoint.baseSince !== undefined) return;
    await write({ put: entriesOf({ ...checkpoint, baseSince: Date.now() }) });
  });
}

/** The name, or the first of name-2, name-3, … that is not taken. */
export function uniqueName(name: string, taken: readonly string[]): string {
  const names = new Set(taken);
  if (!names.has(name)) return name;
  let number = 2;
  while (names.has(`${name}-${number}`)) number += 1;
  return `${name}-${number}`;
}

/** Runs a change of the library while no other tab makes one, then tells the other tabs. */
export async function changeLibrary<T>(change: () => Promise<T>): Promise<T> {
  const result = await withLock('library', 'exclusive', change);
  announceLibraryChange();
  return result;
}

/** The checkpoint of this id, or of this id formerly; `Incompatible` when the library has none. */
export async function requireCheckpoint(id: string): Promise<StoredCheckpoint> {
  const checkpoint = await getCheckpoint(id);
  if (checkpoint) return checkpoint;
  throw incompatible(
    `The library has no checkpoint with content id ${id.slice(0, 12)}…: it was deleted. Add its files again.`,
  );
}

/** Name of the lock that who reads a copy shares. */
export const copyLock = (copyId: string) => `copy-${copyId}`;
