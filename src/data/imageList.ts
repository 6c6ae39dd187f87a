import { BlobReader, configure, ZipReader } from '@zip.js/zip.js';
import type { FileEntry } from '@zip.js/zip.js';
import { badFile } from '../errors.ts';
import type { SourceFile } from '../formats/source.ts';
import { readTable, rowsOf } from './dataset.ts';
import type { ImageEntry, ImageList } from './imageEntry.ts';
import { listSheet } from './sheet.ts';
import { maxRows } from './table.ts';

/** Most bytes of images in a data set, unpacked. */
export const maxListedBytes = 2 * 1024 ** 3;
/** Largest image file, in bytes, unpacked. */
export const maxImageBytes = 64 * 1024 ** 2;

/** A file of the data set, on disk or in a zip. */
interface Item {
  path: string;
  size: number;
  open(): Promise<Blob>;
}

const imageName = /\.(?:png|jpe?g|webp|gif|bmp|avif)$/i;
const tableName = /\.(?:csv|tsv)$/i;
const hidden = /(?:^|\/)(?:\.|__MACOSX\/)/;
const splits = ['train', 'training', 'test', 'testing', 'val', 'valid', 'validation', 'dev'];

/**
 * Images and classes of a folder per class, of a CSV or TSV of paths and labels beside the images, or of zips of either;
 * by path, classes by name; a lone picture is a sheet, with a row for each of `labels`. Throws BadFile.
 */
export async function listImages(
  files: readonly SourceFile[],
  labels: readonly string[] | null = null,
): Promise<ImageList> {
  const items = (await Promise.all(files.map(itemsOf))).flat();
  const visible = items.filter(({ path }) => !hidden.test(path));
  const images = visible.filter(({ path }) => imageName.test(path));
  if (images.length === 0) {
    const met = visible[0] ? `, only files such as ${visible[0].path}` : '';
    throw badFile(
      `The data hold no images${met}. Choose a folder per class with PNG, JPEG, WebP, GIF, BMP or AVIF files.`,
    );
  }
  checkSizes(images);
  const tables = visible.filter(({ path }) => tableName.test(path));
  if (tables.length > 1) {
    throw badFile(
      `The data have ${tables.length} tables (${tables[0]?.path}, ${tables[1]?.path}). Keep the one with the paths and labels.`,
    );
  }
  if (tables[0]) return listedIn(tables[0], images);
  const [first] = images;
  return first && images.length === 1 ? listSheet(first, labels) : byFolder(images);
}

async function itemsOf({ path, blob }: SourceFile): Promise<Item[]> {
  if (!/\.zip$/i.test(path)) return [{ path, size: blob.size, open: () => Promise.resolve(blob) }];
  configure({ useWebWorkers: false });
  try {
    const entries = await new ZipReader(new BlobReader(blob)).getEntries();
    return entries.flatMap((entry) => (entry.directory ? [] : [zipItem(path, entry)]));
  } catch (error) {
    throw badFile(
      `${path} is no zip file that can be read. Pack it again, or drop the folder itself.`,
      error,
    );
  }
}

/** Largest table of paths and labels, in bytes, unpacked. */
export const maxTableBytes = 64 * 1024 ** 2;

const zipItem = (zip: string, entry: FileEntry): Item => ({
  path: entry.filename.replaceAll('\\', '/'),
  size: entry.uncompressedSize,
  open: async () => {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let left = entry.uncompressedSize;
    const sink = new WritableStream<Uint8Array<ArrayBuffer>>({
      write(part) {
        if ((left -= part.length) < 0) throw new RangeError('It is larger than it says.');
        parts.push(part);
      },
    });
    try {
      await entry.getData(sink);
      return new Blob(parts);
    } catch (error) {
      const how = entry.encrypted ? 'is encrypted' : 'cannot be unpacked';
      throw badFile(`${entry.filename} in ${zip} ${how}. Pack it again without a password.`, error);
    }
  },
});

function checkSizes(images: readonly Item[]): void {
  const large = images.find(({ size }) => size > maxImageBytes);
  if (large)
    throw badFile(
      `${large.path} has ${large.size} bytes, more than the ${maxImageBytes} of an image. Scale it down.`,
    );
  const bytes = images.reduce((sum, { size }) => sum + size, 0);
  if (bytes <= maxListedBytes && images.length <= maxRows) return;
  throw badFile(
    `The data hold ${images.length} images of ${bytes} bytes, more than ${maxRows} or ${maxListedBytes}. Take a part: a few images per class are enough.`,
  );
}

const entryOf = ({ path, open }: Item, label: number): ImageEntry => ({ path, open, label });

function byFolder(items: readonly Item[]): ImageList {
  const folders = items.map(({ path }) => path.split('/').slice(0, -1));
  const depth = sharedDepth(folders);
  const names = folders.map((folder) => folder.slice(depth).join('/'));
  const first = new Set(folders.map((folder) => folder[depth] ?? ''));
  if (first.size > 1 && [...first].every((name) => splits.includes(name.toLowerCase()))) {
    throw badFile(
      `The data hold the splits ${[...first].join(', ')}. Choose the folder of one of them.`,
    );
  }
  const labels = [...new Set(names)].sort();
  const outside = names.indexOf('');
  if (outside >= 0) {
    throw badFile(
      `${items[outside]?.path} lies in no class's folder. Make a folder per class and put the images there, or add a CSV of paths and labels.`,
    );
  }
  const index = new Map(labels.map((label, at) => [label, at]));
  const images = items.map((item, at) => entryOf(item, index.get(names[at] ?? '') ?? 0));
  return { images: images.sort((a, b) => (a.path < b.path ? -1 : 1)), labels };
}

/** Number of folders that all paths begin with. */
function sharedDepth(folders: readonly string[][]): number {
  const [one = []] = folders;
  const differs = one.findIndex((name, at) => folders.some((folder) => folder[at] !== name));
  return differs < 0 ? one.length : differs;
}

const pathColumns = ['path', 'file', 'filename', 'file_name', 'image', 'image_path', 'filepath'];
const labelColumns = ['label', 'class', 'classid', 'class_id', 'target', 'category'];

async function listedIn(list: Item, items: readonly Item[]): Promise<ImageList> {
  if (list.size > maxTableBytes)
    throw badFile(
      `${list.path} has ${list.size} bytes, more than the ${maxTableBytes} of a table of images. Take a part: a few images per class are enough.`,
    );
  const table = await readTable(list.path, await list.open());
  const find = (names: string[]) =>
    table.columns.find((name) => names.includes(name.toLowerCase()));
  const text = find(pathColumns);
  const label = find(labelColumns);
  if (text === undefined || label === undefined) {
    throw badFile(
      `${list.path} has the columns ${table.columns.join(', ')}. Call the one with the images "path" and the one with the classes "label".`,
    );
  }
  const { rows, labels } = rowsOf(table, { text, label }, null);
  const folder = list.path.split('/').slice(0, -1).join('/');
  const byPath = new Map(items.map((item) => [item.path, item]));
  const images = rows.map((row, at) => {
    const path = row.text.replaceAll('\\', '/').replace(/^\.\//, '');
    const item = byPath.get(folder ? `${folder}/${path}` : path) ?? byPath.get(path);
    if (item) return entryOf(item, row.label);
    throw badFile(
      `Line ${table.lines[at]} of ${list.path} names the image ${row.text}, which is not among the files. Paths must be relative to the table.`,
    );
  });
  return { images, labels };
}
