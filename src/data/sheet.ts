import { badFile } from '../errors.ts';
import { decodeImage } from './decodeImage.ts';
import type { ImageList } from './imageEntry.ts';
import type { Pixels } from './resample.ts';
import { fewOf } from '../wording.ts';

/** Most pixels of a sheet: 64 MiB decoded. */
export const maxSheetPixels = 2 ** 24;
/** Side of a tile, in pixels, where no classes are named. */
export const defaultTileSide = 32;

const sides = { least: 4, most: 512 };

/** The picture that a sheet is, read when it is listed. */
interface SheetFile {
  path: string;
  open(): Promise<Blob>;
}

/**
 * Tiles of a sheet: one picture of square tiles, a row for each of `labels` in order; without labels the tiles are of 32
 * pixels, and the classes numbers. Decoded once; tiles are cut from memory. Throws BadFile.
 */
export async function listSheet(
  { path, open }: SheetFile,
  labels: readonly string[] | null,
): Promise<ImageList> {
  const sheet = await decodeImage(await open(), path, maxSheetPixels);
  const side = tileSide(path, sheet, labels);
  const names = labels ? [...labels] : numbered(sheet.height / side);
  const columns = sheet.width / side;
  const images = names.flatMap((_, row) =>
    Array.from({ length: columns }, (_, column) => ({
      path: `${path}#${row + 1},${column + 1}`,
      open: () => Promise.resolve(cutTile(sheet, side, row, column)),
      label: row,
    })),
  );
  return { images, labels: names };
}

function tileSide(path: string, { width, height }: Pixels, labels: readonly string[] | null) {
  const side = labels ? height / labels.length : defaultTileSide;
  const fits = Number.isInteger(height / side) && Number.isInteger(width / side);
  if (fits && Number.isInteger(side) && side >= sides.least && side <= sides.most) return side;
  const wanted = labels
    ? `${labels.length} classes (${fewOf(labels)}) need as many rows of square tiles with a side of ${sides.least} to ${sides.most} pixels`
    : `without labels a lone picture must be a sheet of tiles of ${defaultTileSide} × ${defaultTileSide} pixels, a row for each class`;
  throw badFile(
    `${path} has ${width} × ${height} pixels, and ${wanted}. Name the classes of its rows as labels, or choose a folder per class.`,
  );
}

/** "00", "01", …: as long as each other, so that their order is that of the rows. */
function numbered(count: number): string[] {
  const digits = String(count - 1).length;
  return Array.from({ length: count }, (_, at) => String(at).padStart(digits, '0'));
}

function cutTile({ width, data }: Pixels, side: number, row: number, column: number): Pixels {
  const tile = new Uint8ClampedArray(side * side * 4);
  for (let y = 0; y < side; y++) {
    const from = ((row * side + y) * width + column * side) * 4;
    tile.set(data.subarray(from, from + side * 4), y * side * 4);
  }
  return { width: side, height: side, data: tile };
}
