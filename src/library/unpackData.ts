import { isHidden } from '../data/archives/archive.ts';
import { isArchive, stemOf, unpack } from '../data/archives/registry.ts';
import { listZip } from '../data/archives/zip.ts';
import { isImage, splitImages, splitTables, type Split } from '../data/splits.ts';
import type { SourceFile } from '../formats/source.ts';
import { listNames } from '../wording.ts';

/** What files hold: one data set, or several by the names of their splits or files. */
export interface Unpacked {
  parts: Split[];
  notes: string[];
}

const holdsImages = (path: string) => isImage(path) || /\.mat$|ubyte$/i.test(path);

/**
 * Files as they are stored: archives unpacked, images by their splits, other files of an archive each by itself; a zip whose
 * images are one split stays as it is. Throws BadFile.
 */
export async function unpackData(files: readonly SourceFile[]): Promise<Unpacked> {
  const stays = files.length === 1 && /\.zip$/i.test(files[0]!.path) && (await isPlain(files[0]!));
  const unpacked = stays ? files : (await unpack(files)).filter(({ path }) => !isHidden(path));
  if (unpacked.some(({ path }) => holdsImages(path))) {
    const { splits, notes } = await splitImages(unpacked);
    return { parts: splits, notes };
  }
  if (stays || unpacked.length === files.length)
    return { parts: [{ name: '', files: [...unpacked] }], notes: [] };
  return tablesIn(unpacked);
}

const tables = /\.(?:jsonl|ndjson|json|csv|tsv|parquet|arrow|label)$/i;

/** The tables of an archive, or its texts where it has none, each by itself; all of its files where it has neither. */
function tablesIn(files: readonly SourceFile[]): Unpacked {
  const found = [tables, /\.(?:txt|text|md)$/i]
    .map((kind) => files.filter(({ path }) => kind.test(path)))
    .find((each) => each.length > 0);
  const taken = found ?? files;
  const left = files.filter((file) => !taken.includes(file)).map(({ path }) => path);
  return {
    parts: taken.map((file) => ({ name: file.path, files: [file] })),
    notes:
      left.length > 0
        ? [
            `${listNames(left)} ${left.length === 1 ? 'is' : 'are'} left out, beside what can be read as data.`,
          ]
        : [],
  };
}

/** Whether a zip holds images of one split and nothing that must be unpacked. */
async function isPlain(zip: SourceFile): Promise<boolean> {
  const listed = (await listZip(zip)).filter(({ path }) => !isHidden(path));
  if (!listed.some(({ path }) => isImage(path))) return false;
  if (listed.some(({ path }) => isArchive(path) || /\.txt$|ubyte$/i.test(path))) return false;
  if (splitTables(listed).length > 0) return false;
  const { splits } = await splitImages(listed.map(({ path }) => ({ path, blob: new Blob() })));
  return splits.length === 1;
}

/** The name of a part of data, below the data's own without the endings of archives. */
export const partName = (name: string, part: string) =>
  part === '' ? name : `${isArchive(name) ? stemOf(name) : name}/${part}`;
