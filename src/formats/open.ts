import { AppError, badFile } from '../errors.ts';
import type { Inspection, OpenedCheckpoint, OpenProblem } from './checkpoint.ts';
import { takeDistributed } from './distributed.ts';
import {
  chooseCopies,
  copiesOf,
  exportedFrom,
  formatOrder,
  isPlainStem,
  repeatsWeights,
  shardOf,
  trainedInto,
} from './copies.ts';
import { folderOf, nameOf, roleOf, stemOf } from './fileRoles.ts';
import type { Format } from './format.ts';
import { groupFolder, readWhole, type Folder, type Identify } from './openFolder.ts';
import { takeParted } from './openParts.ts';
import { recognize, refuse } from './recognize.ts';
import type { SourceFile } from './source.ts';

const maxRecipeBytes = 256 * 1024;

/** Sorts dropped files into checkpoints and recipes, reading headers alone; what is wrong becomes a problem. */
export async function openCheckpoints(
  sources: readonly SourceFile[],
  identify: Identify,
): Promise<Inspection> {
  const { folders, recipes, foreign } = sortByRole(sources);
  const { rest, distributed } = takeDistributed(foreign);
  const problems = await sortForeign(rest, folders);
  const named = pathsOfWeights(folders);
  for (const { problem, parts } of distributed)
    if (!isBesideWeights(problem.path, named)) problems.push(problem);
    else for (const { path } of parts) leave(folders, path, inParts);
  leaveCopies(folders);

  const parted = await takeParted(folders, identify, (path, fault) =>
    problems.push(problemOf(path, fault)),
  );
  const others = [...folders.values()].flatMap((folder) => groupFolder(folder, identify));
  const groups = [...parted, ...others];
  const [opened, texts] = await Promise.all([
    Promise.all(groups.map(({ path, open }) => attempt(path, open, problems))),
    Promise.all(recipes.map((source) => attempt(source.path, () => readRecipe(source), problems))),
  ]);
  const checkpoints = nameUniquely(opened.flatMap((each) => each ?? []));
  // Beside weights, YAML may be anything.
  const isRecipe = ({ text }: { text: string }) =>
    checkpoints.length === 0 || /(?:^|[{,])\s*["']?(?:merge_method|models)["']?\s*:/m.test(text);
  const found = texts.filter((each) => each !== undefined).filter(isRecipe);
  const inspection = { checkpoints, problems, recipes: found };
  const [first] = sources;
  if (first && Object.values(inspection).every((list) => list.length === 0)) {
    const message = `${first.path} comes without weights. Drop a safetensors or PyTorch file, or a folder that holds one.`;
    problems.push({ path: first.path, kind: 'Unsupported', message });
  }
  return inspection;
}

/** The files by role; YAML beside a config.json belongs to that model. */
function sortByRole(sources: readonly SourceFile[]) {
  const folders = new Map<string, Folder>();
  const yaml: SourceFile[] = [];
  const foreign: SourceFile[] = [];
  for (const { path: given, blob } of sources) {
    const source = { path: given.replace(/^(?:\.?\/)+/, ''), blob };
    const folder = folderAt(folders, folderOf(source.path));
    const role = roleOf(source.path);
    if (role === 'recipe') yaml.push(source);
    else if (role === 'foreign') foreign.push(source);
    else if (role !== 'ignored') folder[role].push(source);
  }
  const recipes = yaml.filter((source) => {
    const folder = folderAt(folders, folderOf(source.path));
    const ofModel = folder.side.some(({ path }) => nameOf(path) === 'config.json');
    if (ofModel) folder.side.push(source);
    return !ofModel;
  });
  return { folders, recipes, foreign };
}

function folderAt(folders: Map<string, Folder>, path: string): Folder {
  const folder = folders.get(path) ?? {
    ...{ path, weights: [], shardIndexes: [], side: [], left: [], steps: [] },
    refused: new Map(),
  };
  folders.set(path, folder);
  return folder;
}

/** Adds files that are weights by their bytes to their folders; says once per folder and format why others are none. */
async function sortForeign(
  foreign: readonly SourceFile[],
  folders: Map<string, Folder>,
): Promise<OpenProblem[]> {
  const named = pathsOfWeights(folders);
  const problems: OpenProblem[] = [];
  const asked: SourceFile[] = [];
  for (const source of foreign) {
    if (repeatsWeights(source.path, named)) leave(folders, source.path, formatOrder);
    else asked.push(source);
  }
  const known = await Promise.all(
    asked.map(async (source) => {
      const format = await attempt(source.path, () => recognize(source), problems);
      return { source, folder: folderOf(source.path), format };
    }),
  );
  for (const { source, folder, format } of known)
    if (format?.open) folderAt(folders, folder).weights.push(source);
  const weights = pathsOfWeights(folders);
  const toldOf = new Map<Format | null, Set<string>>();
  for (const { source, folder, format } of known) {
    if (format?.open) continue;
    const { refused } = folderAt(folders, folder);
    const name = nameOf(source.path);
    refused.set(name, null);
    if (format === undefined) continue;
    const refusal = refuse(source, format);
    const isCopy = format !== null && repeatsWeights(source.path, weights);
    if (isCopy) leave(folders, source.path, 'Stitchwork does not read them');
    if (
      isCopy ||
      (isAside(source.path, format) &&
        weights.some((path) => `${folder}/`.startsWith(`${folderOf(path)}/`)))
    ) {
      refused.set(name, refusal);
      continue;
    }
    const told = toldOf.get(format) ?? new Set();
    if (told.has(folder)) continue;
    toldOf.set(format, told.add(folder));
    problems.push(problemOf(source.path, refusal));
  }
  return problems;
}

/** Whether a file may lie beside weights without a word: of a kind that is none, or of none that is known. */
function isAside(path: string, format: Format | null): boolean {
  return format ? format.isAside === true : !/\.(?:pth?|ckpt|pkl|pickle)$/i.test(path);
}

/** Whether the folder that holds a distributed checkpoint has the same weights whole. */
function isBesideWeights(path: string, weights: readonly string[]): boolean {
  const beside = path.includes('/') ? folderOf(path) : null;
  return weights.some((each) => folderOf(each) === beside || folderOf(each) === path);
}

const pathsOfWeights = (folders: ReadonlyMap<string, Folder>) =>
  [...folders.values()].flatMap((folder) => folder.weights.map(({ path }) => path));

const weightEndings = /\.(?:bin|pth?|ckpt|pkl|h5|keras|msgpack|ot|onnx|gguf|tflite|npz|pb|zip)$/i;
const inParts = 'a whole file is read before what several processes saved';
const ownFolder = 'the model’s own folder is read first';

/** Notes that weights are left out as a copy of others in their folder, or in the one that they were exported from. */
function leave(folders: Map<string, Folder>, path: string, why: string): void {
  if (!weightEndings.test(path)) return;
  const folder = folderOf(path);
  const exported = exportedFrom(folder);
  const { left } = folderAt(folders, exported ?? folder);
  if (exported !== null) left.push({ name: nameOf(folder), why: ownFolder });
  else left.push({ name: shardOf(path)?.whole ?? nameOf(path), why, of: copiesOf(nameOf(path)) });
}

/** Leaves out, and notes, weights that are copies of others, and those of a model at other steps of its training. */
function leaveCopies(folders: Map<string, Folder>): void {
  const isModel = (path: string) =>
    folders.get(path)?.weights.some(({ path }) => isPlainStem(stemOf(path))) ?? false;
  for (const folder of folders.values()) {
    const { model, checkpoint } = trainedInto(folder.path) ?? {};
    if (model !== undefined && checkpoint !== undefined && isModel(model)) {
      if (folder.weights.length > 0) folderAt(folders, model).steps.push(checkpoint);
      empty(folder);
    }
    const exported = exportedFrom(folder.path);
    if (exported !== null && folder.weights.length > 0 && isModel(exported)) {
      folderAt(folders, exported).left.push({ name: nameOf(folder.path), why: ownFolder });
      empty(folder);
    }
  }
  for (const folder of folders.values()) {
    const { left, ...chosen } = chooseCopies(folder);
    Object.assign(folder, chosen);
    folder.left.push(...left);
  }
}

function empty(folder: Folder): void {
  Object.assign(folder, { weights: [], shardIndexes: [] });
}

async function readRecipe(source: SourceFile): Promise<{ path: string; text: string }> {
  const bytes = await readWhole(source, maxRecipeBytes);
  try {
    return { path: source.path, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    const message = `${source.path} is not text in UTF-8. Save the recipe as UTF-8.`;
    throw badFile(message, error);
  }
}

/** What `act` gives; undefined where it fails, which becomes a problem. */
async function attempt<T>(
  path: string,
  act: () => Promise<T>,
  problems: OpenProblem[],
): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    problems.push(problemOf(path, error));
    return undefined;
  }
}

/** The problem that an error states; throws errors that are not about the file. */
function problemOf(path: string, error: unknown): OpenProblem {
  if (!(error instanceof AppError)) throw error;
  const { kind, message } = error;
  if (kind !== 'BadFile' && kind !== 'Unsupported') throw error;
  return { path, kind, message };
}

/** Checkpoints of one name get -2, -3 … in the order they came. */
function nameUniquely(checkpoints: readonly OpenedCheckpoint[]): OpenedCheckpoint[] {
  const taken = new Set<string>();
  return checkpoints.map((checkpoint) => {
    let name = checkpoint.name;
    for (let number = 2; taken.has(name); number++) name = `${checkpoint.name}-${number}`;
    taken.add(name);
    return { ...checkpoint, name };
  });
}
