import { incompatible } from '../errors.ts';
import type { Patch } from '../formats/patchFile.ts';
import type { SourceFile } from '../formats/source.ts';
import type { TensorIndex } from '../tensor/tensorIndex.ts';
import { read, readAll, write } from './db.ts';
import { keysUnder, type Key } from './keys.ts';
import type { StoredMask } from './masks.ts';
import type { StoredScore } from './scores.ts';
import type { StoredCopy } from './slices.ts';
import { announceLibraryChange, refuse, withFreeLock, withLock } from './tabs.ts';

/** A checkpoint of the library; its weights lie in slices, see `createReader`. */
export interface StoredCheckpoint {
  /** Content id, see `contentId`. */
  id: string;
  /** Unique in the library. */
  name: string;
  index: TensorIndex;
  architecture: string | null;
  /** Set when it is a patch: `index` then tells the base's tensors with the patch on them, see `createReader`. */
  patch?: Patch;
  /** Of all weight files. */
  bytes: number;
  sideFiles: readonly SourceFile[];
  copy: StoredCopy;
  /** Milliseconds since 1970. */
  addedAt: number;
}

/** All checkpoints, oldest first. */
export async function listCheckpoints(): Promise<StoredCheckpoint[]> {
  const all = await readAll<StoredCheckpoint>(keysUnder('checkpoint'));
  return all.sort((a, b) => a.addedAt - b.addedAt);
}

/** The checkpoint of this content id, undefined when the library has none. */
export function getCheckpoint(id: string): Promise<StoredCheckpoint | undefined> {
  return read<StoredCheckpoint>(['checkpoint', id]);
}

/** Hands the checkpoints of these ids to `work` and keeps every tab from deleting them until it settles. */
export async function useCheckpoints<T>(
  ids: readonly string[],
  work: (checkpoints: StoredCheckpoint[]) => Promise<T>,
): Promise<T> {
  const hold = ([id, ...rest]: string[]): Promise<T> =>
    id === undefined
      ? Promise.all(ids.map(requireCheckpoint)).then(work)
      : withLock(checkpointLock(id), 'shared', () => hold(rest));
  return hold([...new Set(ids)]);
}

/** Renames a checkpoint; `Incompatible` when the name is empty or another checkpoint's. */
export async function renameCheckpoint(id: string, name: string): Promise<void> {
  await changeLibrary(async () => {
    const all = await listCheckpoints();
    const trimmed = name.trim();
    if (!trimmed) throw incompatible('A checkpoint needs a name. Type at least one letter.');
    if (all.some((each) => each.name === trimmed && each.id !== id))
      throw incompatible(
        `Another checkpoint is named “${trimmed}” already. Choose a different name.`,
      );
    const checkpoint = await requireCheckpoint(id);
    await write({ put: [[['checkpoint', id], { ...checkpoint, name: trimmed }]] });
  });
}

/** Deletes a checkpoint with its slices, masks and scores; `Unsupported` while a run in any tab uses it. */
export async function deleteCheckpoint(id: string): Promise<void> {
  await changeLibrary(async () => {
    const checkpoint = await getCheckpoint(id);
    if (!checkpoint) return;
    const busy = `“${checkpoint.name}” is in use by a run in this or another tab. Wait until the run ends, or cancel it, then delete.`;
    const remove = async () => {
      const marks: Key[] = (await getBase()) === id ? [['base']] : [];
      const slices = keysUnder('slice', checkpoint.copy.id);
      const ofThis = ({ base, tuned }: StoredMask | StoredScore) => base === id || tuned === id;
      const masks = (await readAll<StoredMask>(keysUnder('mask'))).filter(ofThis);
      const scores = (await readAll<StoredScore>(keysUnder('score'))).filter(ofThis);
      const made = [
        ...masks.map((each): Key => ['mask', each.id]),
        ...scores.map((each): Key => ['score', each.id]),
      ];
      await write({ remove: [['checkpoint', id], slices, ...marks, ...made] });
    };
    await withFreeLock(checkpointLock(id), remove, refuse(busy));
  });
}

/** Content id of the checkpoint marked as base, null when none is. */
export async function getBase(): Promise<string | null> {
  return (await read<string>(['base'])) ?? null;
}

/** Marks a checkpoint as the base; `Incompatible` for a patch. */
export async function setBase(id: string): Promise<void> {
  await changeLibrary(async () => {
    const { name, patch } = await requireCheckpoint(id);
    if (patch) throw incompatible(`“${name}” is a patch, which no base can be. Choose another.`);
    await write({ put: [[['base'], id]] });
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

async function requireCheckpoint(id: string): Promise<StoredCheckpoint> {
  const checkpoint = await getCheckpoint(id);
  if (checkpoint) return checkpoint;
  throw incompatible(
    `The library has no checkpoint with content id ${id.slice(0, 12)}…: it was deleted. Add its files again.`,
  );
}

const checkpointLock = (id: string) => `checkpoint-${id}`;
