import { badFile, type AppError } from '../errors.ts';
import type { SourceFile } from '../formats/source.ts';
import { isHidden, maxUnpackedBytes } from './archives/archive.ts';
import { listZip } from './archives/zip.ts';
import { labelsOf, readTable, rowsOf } from './dataset.ts';
import { areGrouped } from './grouped.ts';
import { isIdxImages, listIdx } from './idx.ts';
import type { ImageEntry, ImageList } from './imageEntry.ts';
import { listImageRows, type ImageColumns } from './imageRows.ts';
import { readMatImages } from './matImages.ts';
import { listSheet } from './sheet.ts';
import { isImage, splitIn } from './splits.ts';
import { tableColumns } from './imageTables.ts';
import { maxRows } from './table.ts';

/** Largest image file, in bytes, unpacked. */
export const maxImageBytes = 64 * 1024 ** 2;

/** A file of the data set, on disk or in a zip. */
interface Item {
  path: string;
  size: number;
  open(): Promise<Blob>;
}

const tableName = /\.(?:csv|tsv)$/i;
const matName = /\.mat$/i;

/**
 * Images and classes of a folder per class, of CSV, TSV or MATLAB tables of paths and labels beside the images, of the forms of
 * MNIST and SVHN, or of zips of these; by path, classes by name; of a column of Parquet or Arrow files, in their order; a lone
 * picture is a sheet, with a row for each of `labels`. Throws BadFile.
 */
export async function listImages(
  files: readonly SourceFile[],
  labels: readonly string[] | null = null,
  columns: ImageColumns = {},
): Promise<ImageList> {
  if (areGrouped(files)) return listImageRows(files, columns);
  const idx = files.find(({ path }) => isIdxImages(path));
  if (idx) return listIdx(idx, files);
  const items = (await Promise.all(files.map(itemsOf))).flat();
  const visible = items.filter(({ path }) => !isHidden(path));
  const images = visible.filter(({ path }) => isImage(path));
  const mats = await matImages(visible);
  const list = mats.find((each) => each.list)?.list;
  if (list && images.length === 0) return list;
  if (images.length === 0) {
    const met = visible[0] ? `, only files such as ${visible[0].path}` : '';
    throw badFile(
      `The data hold no images${met}. Choose a folder per class with PNG, JPEG, WebP, GIF, BMP, AVIF or PPM files.`,
    );
  }
  checkSizes(images);
  const names = mats.find((each) => each.names)?.names ?? null;
  const tables = [
    ...(await readLists(visible.filter(({ path }) => tableName.test(path)))),
    ...mats.flatMap(({ path, table }) => (table ? [tableOf(path, table, names)] : [])),
  ];
  if (tables.length > 0) return listedIn(tables, images);
  const [first] = images;
  return first && images.length === 1 ? listSheet(first, labels) : byFolder(images);
}

async function matImages(items: readonly Item[]) {
  const mats = items.filter(({ path }) => matName.test(path));
  return Promise.all(
    mats.map(async ({ path, open }) => ({
      path,
      ...(await readMatImages({ path, blob: await open() })),
    })),
  );
}

async function itemsOf(file: SourceFile): Promise<Item[]> {
  if (/\.zip$/i.test(file.path)) return listZip(file);
  return [{ path: file.path, size: file.blob.size, open: () => Promise.resolve(file.blob) }];
}

/** Largest table of paths and labels, in bytes, unpacked. */
export const maxTableBytes = 64 * 1024 ** 2;

function checkSizes(images: readonly Item[]): void {
  const large = images.find(({ size }) => size > maxImageBytes);
  if (large)
    throw badFile(
      `${large.path} has ${large.size} bytes, more than the ${maxImageBytes} of an image. Scale it down.`,
    );
  const bytes = images.reduce((sum, { size }) => sum + size, 0);
  if (bytes <= maxUnpackedBytes && images.length <= maxRows) return;
  throw badFile(
    `The data hold ${images.length} images of ${bytes} bytes, more than ${maxRows} or ${maxUnpackedBytes}. Take a part: a few images per class are enough.`,
  );
}

const entryOf = ({ path, open }: Item, label: number): ImageEntry => ({ path, open, label });

function byFolder(items: readonly Item[]): ImageList {
  const folders = items.map(({ path }) => path.split('/').slice(0, -1));
  const depth = sharedDepth(folders);
  const names = folders.map((folder) => folder.slice(depth).join('/'));
  const first = new Set(folders.map((folder) => folder[depth] ?? ''));
  if (first.size > 1 && [...first].every((name) => splitIn(name) !== undefined)) {
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

/** A table of images: its path, and their paths and labels with the lines they stand in. */
interface ImageTable {
  path: string;
  rows: { path: string; label: string; line: number }[];
}

/** The tables that name images and classes; throws BadFile where there are tables, and none does. */
async function readLists(items: readonly Item[]): Promise<ImageTable[]> {
  const tables: ImageTable[] = [];
  let fault: AppError | null = null;
  for (const { path, size, open } of items) {
    if (size > maxTableBytes)
      throw badFile(
        `${path} has ${size} bytes, more than the ${maxTableBytes} of a table of images. Take a part: a few images per class are enough.`,
      );
    const table = await readTable(path, await open());
    const { path: text, label } = tableColumns(table.columns);
    if (text !== undefined && label !== undefined) {
      const { rows, labels } = rowsOf(table, { text, label }, null);
      const asTold = (row: (typeof rows)[number], at: number) => ({
        ...{ path: row.text, label: labels[row.label] ?? '', line: table.lines[at] ?? 0 },
      });
      tables.push({ path, rows: rows.map(asTold) });
    }
    fault ??= badFile(
      `${path} has the columns ${table.columns.join(', ')}. Call the one with the images "path" and the one with the classes "label".`,
    );
  }
  if (tables.length === 0 && fault) throw fault;
  return tables;
}

/** Classes are counted from 1 where they have names. */
function tableOf(
  path: string,
  rows: readonly { path: string; label: string }[],
  names: readonly string[] | null,
): ImageTable {
  const named = rows.map((row, at) => {
    if (!names) return { ...row, line: at + 1 };
    const label = names[Number(row.label) - 1];
    if (label !== undefined) return { path: row.path, label, line: at + 1 };
    throw badFile(
      `${path} gives image ${at + 1} the class ${JSON.stringify(row.label)}, and there are names for 1 to ${names.length}. Take the names that belong to it.`,
    );
  });
  return { path, rows: named };
}

/** Images that tables list; classes by number, or by name. */
function listedIn(tables: readonly ImageTable[], items: readonly Item[]): ImageList {
  const labels = labelsOf(tables.flatMap(({ rows }) => rows.map(({ label }) => label)));
  const index = new Map(labels.map((label, at) => [label, at]));
  const find = finder(items);
  const images = tables.flatMap(({ path: table, rows }) =>
    rows.map(({ path, label, line }) => {
      const item = find(table, path.replaceAll('\\', '/').replace(/^\.\//, ''));
      if (item) return entryOf(item, index.get(label) ?? 0);
      throw badFile(
        `Line ${line} of ${table} names the image ${path}, which is not among the files. Paths must be relative to the table.`,
      );
    }),
  );
  return { images, labels };
}

/** Finds the image that a table means: by the path from its folder, the whole path, or the end that no two images share. */
function finder(items: readonly Item[]) {
  const byPath = new Map(items.map((item) => [item.path, item]));
  const byName = new Map<string, Item | null>();
  for (const item of items) {
    const name = item.path.slice(item.path.lastIndexOf('/') + 1);
    byName.set(name, byName.has(name) ? null : item);
  }
  return (table: string, path: string) => {
    const folder = table.split('/').slice(0, -1).join('/');
    const beside = byPath.get(folder ? `${folder}/${path}` : path) ?? byPath.get(path);
    return beside ?? byName.get(path.slice(path.lastIndexOf('/') + 1)) ?? null;
  };
}
