import { AppError, incompatible } from '../errors.ts';
import type { OpenedCheckpoint, OpenProblem } from '../formats/checkpoint.ts';
import { readPatchHeader } from '../formats/patchFile.ts';
import { checkPositions, patchedIndex } from '../formats/patchOnBase.ts';
import type { CheckpointHeader } from '../merge/checkpointHeader.ts';
import {
  getBase,
  getCheckpoint,
  listCheckpoints,
  type StoredCheckpoint,
} from '../storage/checkpoints.ts';
import { identifyAll } from '../storage/identify.ts';
import { tensorBytes } from '../tensor/tensorIndex.ts';

const short = (id: string) => `${id.slice(0, 12)}…`;

/** What was opened with its patches told apart; those that can lie on no base become problems. */
export async function sortPatches(
  opened: readonly OpenedCheckpoint[],
): Promise<{ checkpoints: OpenedCheckpoint[]; problems: OpenProblem[] }> {
  const checkpoints: OpenedCheckpoint[] = [];
  const problems: OpenProblem[] = [];
  const pathOf = ({ weightFiles, name }: OpenedCheckpoint) => weightFiles[0]?.path ?? name;
  for (const each of opened) {
    const path = pathOf(each);
    try {
      const patch = readPatchHeader(path, each.index);
      checkpoints.push(patch ? { ...each, patch, sideFiles: [] } : each);
    } catch (thrown) {
      if (!(thrown instanceof AppError)) throw thrown;
      const kind = thrown.kind === 'Unsupported' ? 'Unsupported' : 'BadFile';
      problems.push({ path, kind, message: thrown.message });
    }
  }
  // A base that comes along is known by its content only once it is copied and hashed.
  const hashing = (await listCheckpoints()).some((each) => each.hashing);
  if (hashing || checkpoints.some(({ patch }) => !patch)) return { checkpoints, problems };
  const fitting: OpenedCheckpoint[] = [];
  for (const each of checkpoints) {
    const message = each.patch && (await absentBase(each.name, each.patch.base));
    if (message) problems.push({ path: pathOf(each), kind: 'Unsupported', message });
    else fitting.push(each);
  }
  return { checkpoints: fitting, problems };
}

/** Why a patch cannot lie on any checkpoint of the library, null when its base is there. */
async function absentBase(name: string, base: string): Promise<string | null> {
  if (await getCheckpoint(base)) return null;
  const marked = await getBase();
  const met =
    marked === null ? 'The library has no base' : `The library’s base is ${short(marked)}`;
  return `${name} belongs on the base with content id ${short(base)}, which is not in the library. ${met}. Add the patch’s own base first.`;
}

/** Why a patch is no model for this base, null when it is one; the base's content id is unknown until it is copied and hashed. */
export function strayPatch(
  patch: Pick<StoredCheckpoint, 'name' | 'patch'>,
  base: Pick<StoredCheckpoint, 'name' | 'hashing'> & { id?: string },
): string | null {
  const wanted = patch.patch?.base;
  if (wanted === undefined || base.id === undefined || base.hashing || wanted === base.id)
    return null;
  return `${patch.name} belongs on the base with content id ${short(wanted)}, and ${base.name} is ${short(base.id)}. Choose the patch’s own base, or leave the patch out.`;
}

/** A dropped patch as a model: the base's tensors with the patch on them. Throws BadFile. */
export function onBase<T extends CheckpointHeader & Pick<OpenedCheckpoint, 'patch'>>(
  opened: T,
  base: CheckpointHeader,
): T {
  if (!opened.patch) return opened;
  const index = patchedIndex(opened.name, opened.index, opened.patch, base.index);
  const { architecture, parts } = base;
  return { ...opened, index, architecture, ...(parts && { parts }) };
}

/** Reads all positions of a dropped patch, and lays it on its base; throws Incompatible without that base, BadFile. */
export async function checkPatch(
  opened: OpenedCheckpoint,
  signal: AbortSignal,
  onProgress: (doneBytes: number, totalBytes: number) => void,
): Promise<OpenedCheckpoint> {
  const { patch, name } = opened;
  const [source] = opened.weightFiles;
  if (!patch || !source) return opened;
  if (!(await getCheckpoint(patch.base))) await identifyAll(signal);
  const base = await getCheckpoint(patch.base);
  if (!base || base.patch)
    throw incompatible(
      (await absentBase(name, patch.base)) ?? `${name} names a patch as its base.`,
    );
  const laid = onBase(opened, base);
  const total = patch.entries.reduce((sum, { positions }) => sum + tensorBytes(positions), 0);
  const checked = await checkPositions(source, patch, base.index, {
    signal,
    onProgress: (done) => onProgress(done, total),
  });
  return { ...laid, patch: checked };
}

/** Sentences on weights of patches that the scope leaves out; `merged` are the tensors in scope. */
export function notesOnPatches(
  patches: readonly Pick<StoredCheckpoint, 'name' | 'patch'>[],
  merged: ReadonlySet<string>,
): string[] {
  return patches.flatMap(({ name, patch }) => {
    const left = (patch?.entries ?? [])
      .filter((entry) => !merged.has(entry.name))
      .reduce((sum, { kept }) => sum + kept, 0);
    return left === 0
      ? []
      : `${name} holds ${left.toLocaleString('en')} weights outside the scope; they stay as in the base. Set the scope to all to take them in.`;
  });
}
