import type { DroppedFile } from '../ui/fileDrop.ts';

const folderOf = (path: string) => path.split('/').slice(0, -1).join('/');
const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);

const archive = /\.(?:zip|tar|tar\.gz|tgz|gz)$/i;
const arrays = /\.mat$|[-.]ubyte(?:\.gz)?$/i;
/** What lies beside the pictures themselves: which are of which split or class. */
const beside =
  /(?:^|[^a-z])(?:partitions?|splits?|devkit|annos?|annotations?|labels?|gt)(?:[^a-z]|$)/i;
const list = /(?:^|[^a-z])(?:train|training|test|testing|val|valid|validation|dev)[^/]*\.txt$/i;

/** Whether a text file lists the images of a split, by its name. */
export const isSplitList = (path: string) => list.test(path);

/** Whether a file is unpacked before it is data, by its name. */
export const isPacked = (path: string) => archive.test(path) || arrays.test(path);

/**
 * Packed files by the data that they make, under the path of a lone one or what their names begin with: archives of one folder
 * whose names begin alike ("GTSRB_Final_Test_Images.zip", "GTSRB_Final_Test_GT.zip"), with the lists and labels that lie beside the only data
 * there; arrays of one folder, as those of MNIST and SVHN.
 */
export function groupPacked(files: readonly DroppedFile[]): Map<string, DroppedFile[]> {
  const groups = new Map<string, DroppedFile[]>();
  const put = (root: string, file: DroppedFile) =>
    groups.set(root, [...(groups.get(root) ?? []), file]);
  for (const [folder, own] of byFolder(files)) {
    const isSide = (path: string) =>
      (beside.test(nameOf(path)) && !/ubyte/i.test(path)) || list.test(path);
    const side = own.filter(({ path }) => isSide(path));
    const main = own.filter((file) => isPacked(file.path) && !side.includes(file));
    const roots = new Set(main.map((file) => rootOf(file, folder, main)));
    for (const file of main) put(rootOf(file, folder, main), file);
    const [only] = roots;
    for (const file of side) {
      if (only !== undefined && roots.size === 1) put(only, file);
      else if (isPacked(file.path)) put(file.path, file);
    }
  }
  return new Map(
    [...groups].map(([root, own]) => [own.length === 1 ? own[0]!.path : root, own] as const),
  );
}

function byFolder(files: readonly DroppedFile[]): Map<string, DroppedFile[]> {
  const folders = new Map<string, DroppedFile[]>();
  for (const file of files) {
    if (!isPacked(file.path) && !list.test(file.path)) continue;
    const folder = folderOf(file.path);
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  return folders;
}

function rootOf({ path }: DroppedFile, folder: string, main: readonly DroppedFile[]): string {
  if (arrays.test(path)) return folder;
  const own = firstWord(path);
  const alike = main.map((each) => firstWord(each.path)).filter((word) => isAlike(word, own));
  const shortest = alike.reduce((a, b) => (b.length < a.length ? b : a), own);
  return folder === '' ? shortest : `${folder}/${shortest}`;
}

const firstWord = (path: string) => /^[A-Za-z0-9]*/.exec(nameOf(path))?.[0] ?? '';

const isAlike = (a: string, b: string) =>
  a.toLowerCase().startsWith(b.toLowerCase()) || b.toLowerCase().startsWith(a.toLowerCase());
