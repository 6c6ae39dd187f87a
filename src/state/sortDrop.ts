import { shardOf } from '../api/shards.ts';
import type { DroppedFile } from '../ui/fileDrop.ts';
import { groupPacked, isPacked, isSplitList } from './packedGroups.ts';
import { type DataFiles, filesOf } from './taskDataEdit.ts';

/** Files that make one data set, under the path recipes know it by. */
export interface DataGroup {
  name: string;
  files: DroppedFile[];
}

const tables = /\.(?:jsonl|ndjson|csv|tsv|parquet|arrow|label)$/i;
const grouped = /\.(?:parquet|arrow)$/i;
const images = /\.(?:png|jpe?g|webp|gif|bmp|avif|ppm|pgm)$/i;
const sheetName = /^(?:train|training|test|testing|val|valid|validation|dev)\.[^.]+$/i;
const sideTexts =
  /(?:^|\/)(?:vocab|merges|requirements|special_tokens|added_tokens|spiece|dict|README|LICEN[CS]E|NOTICE|COPYING|USE_POLICY)[^/]*\.txt$/i;
const examples = /(?:train|test|dev|valid|eval|few|shot|example|sentence|corpus|data|text)/i;
/** What JSON beside models and data sets is called. */
const sideJson =
  /(?:config|state|results|metrics|args|info|dict|index|token|vocab|metadata|schema|card)/i;
const sides = /(?:\.(?:json|txt|md|py)|(?:^|\/)(?:README|LICEN[CS]E|NOTICE|COPYING)[^/]*)$/i;
const weights = /\.(?:safetensors|bin|pt|pth|ckpt|gguf|onnx|h5)$/i;

const folderOf = (path: string) => path.split('/').slice(0, -1).join('/');
const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);

/**
 * Whether a file holds examples, by its path; text beside a model's files only when its name says so, JSON unless there are
 * neither models nor pictures.
 */
function holdsExamples(
  path: string,
  modelFolders: ReadonlySet<string>,
  ofWeights: ReadonlySet<string>,
  hasPictures: boolean,
): boolean {
  if (tables.test(path) || isPacked(path)) return !ofWeights.has(path);
  if (/\.json$/i.test(path)) {
    const isAlone = modelFolders.size === 0 && ofWeights.size === 0 && !hasPictures;
    return (isAlone || examples.test(nameOf(path))) && !sideJson.test(nameOf(path));
  }
  if (!/\.txt$/i.test(path) || sideTexts.test(path)) return false;
  return !modelFolders.has(folderOf(path)) || examples.test(nameOf(path));
}

/**
 * Tells data from the files of checkpoints and recipes, by their paths alone. A folder per class of images is one data
 * set, with the tables in its folder, and so are the parts of a table; a picture named after a split, with no others beside
 * it, is a sheet of tiles; archives go together as `groupPacked` tells. Names are paths' last two parts, or what `wanted` calls them, or longer where two would be the
 * same. Archives among `ofWeights` are no data.
 */
export function sortDrop(
  files: readonly DroppedFile[],
  wanted: readonly string[] = [],
  ofWeights: ReadonlySet<string> = new Set(),
): { models: DroppedFile[]; data: DataGroup[] } {
  const asked = (path: string) =>
    /\.(?:safetensors|json)$/i.test(path) && calledBy(wanted, path) !== undefined;
  const modelFolders = new Set(
    files.flatMap(({ path }) =>
      (weights.test(path) && !asked(path)) || nameOf(path) === 'config.json'
        ? [folderOf(path)]
        : [],
    ),
  );
  const sheets = new Set(findSheets(files));
  const rest = files.filter((file) => !sheets.has(file));
  const pictures = groupPictures(rest, modelFolders);
  const ofPictures = new Set([...pictures.values()].flat());
  const packed = groupPacked(
    rest.filter(
      (file) =>
        !ofPictures.has(file) &&
        !ofWeights.has(file.path) &&
        calledBy(wanted, file.path) === undefined,
    ),
  );
  const taken = new Set([...ofPictures, ...[...packed.values()].flat()]);
  const models: DroppedFile[] = [];
  const groups = new Map<string, DroppedFile[]>(
    [...pictures, ...packed].filter(([, each]) => each.length),
  );
  for (const file of files) {
    const sheet = sheets.has(file);
    if (taken.has(file) || (images.test(file.path) && !sheet)) continue;
    if (
      sheet ||
      asked(file.path) ||
      holdsExamples(file.path, modelFolders, ofWeights, pictures.size > 0)
    ) {
      const named = calledBy(wanted, file.path) !== undefined;
      const set = (named ? null : shardOf(file.path)?.set) ?? file.path;
      const group = groups.get(set);
      if (group) group.push(file);
      else groups.set(set, [file]);
    } else models.push(file);
  }
  const names = shortNames([...groups.keys()], wanted);
  const data = [...groups].map(([root, group], i) => {
    const name = names[i] ?? root;
    return { name, files: pictures.has(root) ? moved(group, root, name) : group };
  });
  // Papers beside data make no model.
  const papers = data.length > 0 && models.every(({ path }) => sides.test(path));
  return { models: papers ? [] : models, data };
}

/** Pictures named after splits in folders without other pictures. */
function findSheets(files: readonly DroppedFile[]): DroppedFile[] {
  const pictures = files.filter(({ path }) => images.test(path));
  const others = new Set(
    pictures.flatMap(({ path }) => (sheetName.test(nameOf(path)) ? [] : [folderOf(path)])),
  );
  return pictures.filter(({ path }) => !others.has(folderOf(path)));
}

/** Images by the folder that holds their class folders, with the tables beside those. */
function groupPictures(
  files: readonly DroppedFile[],
  modelFolders: ReadonlySet<string>,
): Map<string, DroppedFile[]> {
  const groups = new Map<string, DroppedFile[]>();
  const lists = files.filter(({ path }) => /\.(?:csv|tsv)$/i.test(path));
  const ofClass = classTables(lists);
  const listed = new Set(lists.flatMap((file) => (ofClass.has(file) ? [] : [folderOf(file.path)])));
  for (const file of files) {
    if (!images.test(file.path)) continue;
    const folder = folderOf(file.path);
    const root = listed.has(folder) ? folder : folderOf(folder);
    const group = groups.get(root);
    if (group) group.push(file);
    else groups.set(root, [file]);
  }
  for (const [root, group] of groups) {
    const classes = new Set(group.map(({ path }) => folderOf(path)));
    const ofModel = [...modelFolders].some((at) => root === at || root.startsWith(`${at}/`));
    if (ofModel && classes.size < 2 && !listed.has(root)) groups.set(root, []);
    else
      group.push(
        ...files.filter(
          ({ path }) => tables.test(path) && !grouped.test(path) && folderOf(path) === root,
        ),
        ...[...ofClass].filter(({ path }) => folderOf(folderOf(path)) === root),
        ...files.filter(({ path }) => /\.mat$/i.test(path) && liesNear(path, root)),
      );
  }
  return withSplitLists(withSplitTables(groups, lists), files);
}

/** Whether a file lies in a folder or in one of its own folders, as the annotations of Stanford Cars do. */
const liesNear = (path: string, root: string) =>
  folderOf(path) === root || (root !== '' && folderOf(folderOf(path)) === root);

/** Tables named after the folders of classes that they lie in, as GTSRB's are: each lists that class alone. */
function classTables(lists: readonly DroppedFile[]): Set<DroppedFile> {
  const named = lists.filter(({ path }) => {
    const folder = nameOf(folderOf(path));
    return folder !== '' && nameOf(path).includes(folder);
  });
  const counts = new Map<string, number>();
  for (const { path } of named) {
    const parent = folderOf(folderOf(path));
    counts.set(parent, (counts.get(parent) ?? 0) + 1);
  }
  return new Set(named.filter(({ path }) => (counts.get(folderOf(folderOf(path))) ?? 0) > 1));
}

/**
 * Tables named after a split that lie above the only images of that split, which have no classes of their own, go with these:
 * GTSRB's GT-final_test.csv beside Final_Test/Images.
 */
function withSplitTables(
  groups: ReadonlyMap<string, DroppedFile[]>,
  lists: readonly DroppedFile[],
): Map<string, DroppedFile[]> {
  const taken = new Set([...groups.values()].flat());
  const joined = new Map(groups);
  for (const table of lists) {
    const split = splitWord(nameOf(table.path));
    if (taken.has(table) || split === undefined) continue;
    const above = folderOf(table.path);
    const below = [...groups].filter(([root, group]) => {
      const inside = above === '' ? root : root.slice(above.length + 1);
      const flat = new Set(group.flatMap(({ path }) => (images.test(path) ? folderOf(path) : [])));
      return isInside(root, above) && splitWord(inside) === split && flat.size === 1;
    });
    const [only] = below;
    if (only && below.length === 1) joined.set(only[0], [...(joined.get(only[0]) ?? []), table]);
  }
  return joined;
}

const isInside = (path: string, folder: string) => folder === '' || path.startsWith(`${folder}/`);

/** The split that a path speaks of. */
const splitWord = (path: string) =>
  /(?:^|[^a-z])(train|test|val|dev)(?:ing|id|idation)?(?:[^a-z]|$)/i.exec(path)?.[1]?.toLowerCase();

/** Text files that list the images of splits go with the only images of their folder, or of the one it lies in. */
function withSplitLists(
  groups: ReadonlyMap<string, DroppedFile[]>,
  files: readonly DroppedFile[],
): Map<string, DroppedFile[]> {
  const lists = files.filter(({ path }) => isSplitList(path));
  return new Map(
    [...groups].map(([root, group]) => {
      const parent = folderOf(root);
      const alone = [...groups.keys()].filter((each) => folderOf(each) === parent).length === 1;
      const beside = ({ path }: DroppedFile) =>
        alone && parent !== '' && folderOf(folderOf(path)) === parent;
      const inside = lists.filter(({ path }) => folderOf(path) === root);
      const own = inside.length > 0 ? inside : lists.filter(beside);
      if (group.length === 0 || own.length === 0) return [root, group] as const;
      return [inside.length > 0 ? root : parent, [...group, ...own]] as const;
    }),
  );
}

/**
 * Files of a folder under the name of their data, those of elsewhere beside them: what they are called does not depend on
 * where they were dropped from.
 */
function moved(files: readonly DroppedFile[], root: string, name: string): DroppedFile[] {
  const start = root === '' ? 0 : root.length + 1;
  return files.map(({ path, file }) => ({
    path: `${name}/${isInside(path, root) ? path.slice(start) : nameOf(path)}`,
    file,
  }));
}

/** The name by which data of this path are wanted. */
const calledBy = (wanted: readonly string[], path: string) =>
  wanted.find((name) => path === name || path.endsWith(`/${name}`));

/** Folders that say nothing of the data in them: configurations of the Hub, and k-shot draws of LM-BFF. */
const tellsNothing = /^(?:main|all|default|plain_text|\d+-\d+)$/i;

/** The shortest endings of paths that tell them apart, of two parts where there are two, and of three where the second tells nothing. */
function shortNames(paths: readonly string[], wanted: readonly string[]): string[] {
  const ending = (path: string, parts: number) => path.split('/').slice(-parts).join('/');
  return paths.map((path) => {
    const name = calledBy(wanted, path);
    if (name !== undefined) return name;
    if (path === '') return 'images';
    let parts = tellsNothing.test(path.split('/').at(-2) ?? '') ? 3 : 2;
    while (
      parts < path.split('/').length &&
      paths.some((other) => other !== path && ending(other, parts) === ending(path, parts))
    )
      parts++;
    return ending(path, parts);
  });
}

/** The training and the test data that belong to a model by their names: those in its folder, or named after it. */
export function guessFiles(model: string, names: readonly string[]): DataFiles {
  const own = (model.split('/').at(-1) ?? model).toLowerCase();
  const parts = (name: string) => name.toLowerCase().split(/[/_.-]/);
  const near = names.filter(
    (name) => name.toLowerCase().split('/').includes(own) || parts(name).includes(own),
  );
  return pairFiles(near);
}

/** The training and the test data of one task, by the splits in their names. */
export function pairFiles(names: readonly string[]): DataFiles {
  const test =
    names.find((name) => /test/i.test(nameOf(name))) ??
    names.find((name) => /dev|valid|eval/i.test(nameOf(name)));
  const rest = names.filter((name) => name !== test && !/dev|valid|eval/i.test(nameOf(name)));
  const train = rest.find((name) => /train|few|shot/i.test(nameOf(name))) ?? rest[0];
  return filesOf({ train, test });
}
