import type { SourceFile } from '../formats/source.ts';
import { readTable } from './dataset.ts';
import { tableColumns } from './imageTables.ts';
import { cellOf } from './table.ts';
import { textLines } from './textLines.ts';

/** Files of a data set that are one split of it; `name` is empty where there is one alone. */
export interface Split {
  name: string;
  files: SourceFile[];
}

/** What stands for a split in names of files and folders. */
const words: Readonly<Record<string, string>> = {
  ...{ train: 'train', training: 'train', test: 'test', testing: 'test', t10k: 'test' },
  ...{ val: 'validation', valid: 'validation', validation: 'validation', dev: 'validation' },
  extra: 'extra',
};

/** Whether a file is a picture, by its name. */
export const isImage = (path: string) => /\.(?:png|jpe?g|webp|gif|bmp|avif|ppm|pgm)$/i.test(path);
const baseName = (path: string) => path.slice(path.lastIndexOf('/') + 1);

/** The split that a name of a file or folder speaks of; undefined where it speaks of none. */
export function splitIn(name: string): string | undefined {
  const parts = name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  for (const [, part = ''] of parts.matchAll(/([a-z]+\d*k|[a-z]+)/g))
    if (Object.hasOwn(words, part)) return words[part];
  return undefined;
}

/**
 * The splits of images: those of lists of paths in text files or of tables named after splits, else of folders or files so named. Where a
 * set has several partitions (DTD's train1 … train10) the first is taken, which `notes` tell. Throws BadFile.
 */
export async function splitImages(
  files: readonly SourceFile[],
): Promise<{ splits: Split[]; notes: string[] }> {
  const listed = (await byLists(files)) ?? (await byTables(files));
  if (listed) return listed;
  const carriers = files.filter(({ path }) => isImage(path));
  const own = new Map(
    carriers.length > 0
      ? splitsOfFolders(carriers)
      : files.map((file) => [file, splitIn(baseName(file.path))] as const),
  );
  const names = new Set([...own.values()].filter((name) => name !== undefined));
  if (names.size < 2) return { splits: [{ name: '', files: [...files] }], notes: [] };
  const of = (file: SourceFile) => (own.has(file) ? own.get(file) : splitInPath(file.path));
  const splits = [...names].map((name): Split => {
    // Tables and names that belong to no split are everybody's.
    const mine = (file: SourceFile) =>
      of(file) === name || (of(file) === undefined && !isImage(file.path));
    return { name, files: files.filter(mine) };
  });
  const left = carriers.filter((file) => of(file) === undefined);
  return { splits, notes: left[0] ? [leftOut(left[0], left.length)] : [] };
}

const leftOut = ({ path }: SourceFile, count: number) =>
  `${count} ${count === 1 ? 'image is' : 'images are'} of no split and left out, e.g. ${path}.`;

/** The deepest part of a path that speaks of a split. */
const splitInPath = (path: string) =>
  path
    .split('/')
    .toReversed()
    .map(splitIn)
    .find((name) => name !== undefined);

/** The split of each image by the first folder in which paths differ, above that of its class. */
function splitsOfFolders(
  images: readonly SourceFile[],
): (readonly [SourceFile, string | undefined])[] {
  const folders = images.map(({ path }) => path.split('/').slice(0, -1));
  const [one = []] = folders;
  const differs = one.findIndex((name, at) => folders.some((folder) => folder[at] !== name));
  return images.map((image, i) => [image, splitIn(folders[i]?.[differs] ?? '')]);
}

/** Splits by text files that list paths of images; null where there are none. */
async function byLists(
  files: readonly SourceFile[],
): Promise<{ splits: Split[]; notes: string[] } | null> {
  const lists = files.filter(({ path }) => /\.txt$/i.test(path) && splitInPath(path));
  const images = files.filter(({ path }) => isImage(path));
  if (lists.length === 0 || images.length === 0) return null;
  const byEnding = endings(images);
  const partitions = new Map<string, { list: SourceFile; files: SourceFile[]; missing: number }>();
  const dropped: string[] = [];
  const absent = new Map<string, string>();
  for (const list of lists.toSorted((a, b) => compare.compare(a.path, b.path))) {
    const name = splitInPath(list.path)!;
    const found = await listedFiles(list, byEnding);
    if (found.files.length === 0) {
      if (found.isOfImages && !absent.has(name)) absent.set(name, list.path);
      continue;
    }
    if (partitions.has(name)) dropped.push(baseName(list.path));
    else partitions.set(name, { list, ...found });
  }
  if (partitions.size === 0) return null;
  const splits = [...partitions].map(([name, { files: own }]) => ({ name, files: own }));
  const notes = [...partitions.values()].flatMap(({ list, missing, files: own }) =>
    missing > 0
      ? [`${missing} of ${missing + own.length} images that ${list.path} lists are not here.`]
      : [],
  );
  for (const [name, list] of absent)
    if (!partitions.has(name))
      notes.push(`No image that ${list} lists is here, so that there is no ${name} split.`);
  if (dropped.length > 0)
    notes.push(
      `Of several partitions the first is taken; ${dropped.slice(0, 4).join(', ')}${dropped.length > 4 ? ' …' : ''} are not.`,
    );
  return { splits, notes };
}

/** Tables named after splits, where there are several in one folder. */
export function splitTables<File extends { path: string }>(files: readonly File[]): File[] {
  const tables = files.filter(
    ({ path }) => /\.(?:csv|tsv)$/i.test(path) && splitIn(baseName(path)) !== undefined,
  );
  const folders = new Set(tables.map(({ path }) => path.slice(0, -baseName(path).length)));
  const names = new Set(tables.map(({ path }) => splitIn(baseName(path))));
  return folders.size === 1 && names.size > 1 && names.size === tables.length ? tables : [];
}

/** Splits by tables that name images; null where there are none, or not each has paths of images that are here. */
async function byTables(
  files: readonly SourceFile[],
): Promise<{ splits: Split[]; notes: string[] } | null> {
  const images = files.filter(({ path }) => isImage(path));
  const byEnding = endings(images);
  const splits: Split[] = [];
  const listed = new Set<SourceFile>();
  for (const table of splitTables(files)) {
    const { columns, rows } = await readTable(table.path, table.blob);
    const column = tableColumns(columns).path;
    const paths = column === undefined ? [] : rows.map((row) => cellOf(row, column) ?? '');
    const own = new Set(paths.flatMap((path) => byEnding.get(plainPath(path)) ?? []));
    if (own.size === 0) return null;
    for (const image of own) listed.add(image);
    splits.push({ name: splitIn(baseName(table.path)) ?? '', files: [...own, table] });
  }
  if (splits.length === 0) return null;
  const left = images.filter((image) => !listed.has(image));
  return { splits, notes: left[0] ? [leftOut(left[0], left.length)] : [] };
}

const plainPath = (path: string) =>
  path
    .trim()
    .replaceAll('\\', '/')
    .replace(/^\.?\//, '');

const compare = new Intl.Collator('en', { numeric: true });

/** Images by every ending of their paths that is one image's alone. */
function endings(images: readonly SourceFile[]): Map<string, SourceFile | null> {
  const found = new Map<string, SourceFile | null>();
  for (const image of images) {
    const parts = image.path.split('/');
    for (let from = Math.max(0, parts.length - 6); from < parts.length; from++) {
      const ending = parts.slice(from).join('/');
      found.set(ending, found.has(ending) ? null : image);
    }
  }
  return found;
}

async function listedFiles(list: SourceFile, byEnding: ReadonlyMap<string, SourceFile | null>) {
  const found = new Set<SourceFile>();
  let missing = 0;
  let isOfImages = false;
  for await (const { text } of textLines(list.path, list.blob)) {
    // A path may hold spaces; what follows it, as a class, begins after one.
    const line = plainPath(text);
    if (line === '') continue;
    const file = byEnding.get(line) ?? byEnding.get(line.split(/\s/)[0] ?? '');
    if (file) found.add(file);
    else missing++;
    isOfImages ||= isImage(line) || isImage(line.split(/\s/)[0] ?? '');
    if (found.size === 0 && missing > 100) break;
  }
  return { files: [...found], missing, isOfImages };
}
