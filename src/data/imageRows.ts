import { badFile, toAppError, type AppError } from '../errors.ts';
import type { SourceFile } from '../formats/source.ts';
import { openGrouped } from './grouped.ts';
import type { ImageEntry, ImageList } from './imageEntry.ts';
import { labelsOf } from './labelsOf.ts';
import { spansOf, textRows, type GroupedTable, type Span } from './rowGroups.ts';
import { isSampled, labelsOfGroup } from './sampleTable.ts';
import { maxRows, textColumns, tooManyRows, type Table } from './table.ts';
import { isRecord } from './tokenizerJson.ts';

/** Which columns of a table hold images and their classes; those absent are guessed. */
export interface ImageColumns {
  image?: string;
  label?: string;
}

/** Largest image, in bytes, packed. */
const maxBytes = 64 * 1024 ** 2;
/** About how many stored bytes are read for images that are asked for in their order. */
const spanBytes = 4 * 1024 ** 2;
/** Most bytes of images that are kept. */
const keptBytes = 32 * 1024 ** 2;
/** How many images in their order are followed by the next. */
const fewInOrder = 3;

const imageNames = ['image', 'img', 'picture', 'photo', 'pixels', 'jpg', 'png'];
const addressNames = [...imageNames, 'url', 'image_url'];
const labelNames = ['label', 'labels', 'class', 'fine_label', 'target', 'category', 'cls'];

/** Whether a table has images in one of its columns. */
export const hasImages = ({ notText }: GroupedTable) =>
  [...notText].some(
    ([column, held]) => held === 'images' || imageNames.includes(column.toLowerCase()),
  );

/** Images of a table's rows, their bytes read when they are asked for; classes as the file names them. Throws BadFile. */
export async function listImageRows(
  files: readonly SourceFile[],
  columns: ImageColumns = {},
): Promise<ImageList> {
  const table = await openGrouped(files);
  const name = files[0]?.path ?? '';
  const { image, label } = await imageColumns(name, table, columns);
  const count = table.groups.reduce((sum, { rows }) => sum + rows, 0);
  if (count > maxRows) throw tooManyRows(name);
  const spans = spansOf(table.groups, spanBytes);
  const texts: string[] = [];
  for (const span of spans)
    if (span.from === 0) {
      const { rows } = table.groups[span.group]!;
      for (const text of await labelsOfGroup(name, table, label, { ...span, to: rows }))
        texts.push(text);
    }
  const told = table.classes.get(label);
  const labels = [...(told ?? labelsOf(texts))];
  const numbers = new Map(labels.map((each, at) => [each, at]));
  const store = new ImageStore(name, table, image, spans);
  const isPart = isSampled(files);
  const images = spans.flatMap(({ from, to, row }, span) =>
    Array.from({ length: to - from }, (_, at): ImageEntry => {
      const number = numbers.get(texts[row + at] ?? '');
      if (number === undefined) throw noClass(name, row + at, texts[row + at] ?? '', labels);
      return {
        path: `${name}, row ${row + at + 1}`,
        open: () => store.open(span, at),
        label: number,
        row: row + at,
        ...(isPart && { span }),
      };
    }),
  );
  return { images, labels, ...(told && { inOrder: true }) };
}

/** The first rows of images, and which columns are taken for images and classes. */
export interface ImagePreview {
  columns: string[];
  rows: Record<string, string>[];
  labels: string[];
  guess: { columns: ImageColumns };
  notes: string[];
}

/** The first `count` rows of images as a table shows them. */
export async function previewImageRows(
  files: readonly SourceFile[],
  count: number,
): Promise<ImagePreview> {
  const table = await openGrouped(files, count);
  const [span] = spansOf(table.groups);
  if (!span) throw badFile(`${files[0]?.path} holds no rows. Choose a file with examples.`);
  const rows = await textRows(table, { ...span, to: Math.min(span.to, span.from + count) });
  const held = Object.fromEntries(
    [...table.notText].map(([column, what]) => [column, `(${what})`]),
  );
  const preview = { columns: [...table.columns], rows: rows.map((row) => ({ ...held, ...row })) };
  try {
    const columns = await imageColumns(files[0]?.path ?? '', table, {});
    const met = new Set(rows.flatMap((row) => row[columns.label] ?? []));
    const labels = [...(table.classes.get(columns.label) ?? met)];
    return { ...preview, guess: { columns }, labels, notes: [] };
  } catch (error) {
    return { ...preview, guess: { columns: {} }, labels: [], notes: [toAppError(error).message] };
  }
}

/** What is to be said of a table whose images are addresses; null for others. */
export function addressRemark(columns: readonly string[], rows: Table['rows']): string | null {
  const named = columns.filter((column) => addressNames.includes(column.toLowerCase()));
  const column = named.find((each) => /^https?:/.test(rows[0]?.[each] ?? ''));
  return column === undefined
    ? null
    : `${JSON.stringify(column)} holds the addresses of images, such as ${rows[0]?.[column]}, and nothing is loaded from elsewhere. Download the images, and choose a folder for each class.`;
}

async function imageColumns(
  name: string,
  table: GroupedTable,
  { image, label }: ImageColumns,
): Promise<Required<{ image: string; label: string }>> {
  const { columns, classes, notText } = table;
  const find = (names: readonly string[], among: readonly string[]) =>
    names.flatMap((each) => among.filter((column) => column.toLowerCase() === each))[0];
  const shown = columns.map((column) => JSON.stringify(column)).join(', ');
  for (const column of [image, label])
    if (column !== undefined && !columns.includes(column))
      throw badFile(
        `${name} has no column ${JSON.stringify(column)}; it has ${shown}. Choose one of these.`,
      );
  const structs = [...notText].flatMap(([column, held]) => (held === 'images' ? [column] : []));
  const pictures =
    image ?? find(imageNames, structs) ?? structs[0] ?? find(imageNames, [...notText.keys()]);
  const texts = textColumns(table);
  if (pictures === undefined || texts.includes(pictures)) throw await noImages(name, table);
  const classed = texts.filter((column) => classes.has(column));
  const told = label ?? find(labelNames, classed) ?? classed[0] ?? find(labelNames, texts);
  if (told !== undefined && texts.includes(told)) return { image: pictures, label: told };
  throw badFile(
    `${name} has no column that is known to hold the classes of its images; it has ${shown}. Choose it as label.`,
  );
}

/** Why a table has no images that can be read: they may be addresses. */
async function noImages(name: string, table: GroupedTable): Promise<AppError> {
  const [span] = spansOf(table.groups);
  const rows = span ? await textRows(table, { ...span, to: span.from + 1 }) : [];
  const remark = addressRemark(table.columns, rows);
  return badFile(
    remark === null
      ? `${name} has no column of images; it has ${table.columns.join(', ')}. Choose one whose values are bytes of PNG or JPEG files.`
      : `${name}: ${remark}`,
  );
}

function noClass(name: string, row: number, label: string, labels: readonly string[]): AppError {
  const hidden =
    label === '-1'
      ? ' (−1 stands for a label that is kept secret: choose a split that has them)'
      : '';
  return badFile(
    `Row ${row + 1} of ${name} has the label ${JSON.stringify(label)}${hidden}, which is none of its ${labels.length} class names. Correct it, or choose another column as label.`,
  );
}

/** Reads images: span by span where they are asked for in their order, else each by itself; keeps those asked for last. */
class ImageStore {
  #span: { at: number; values: Promise<unknown[]> } | null = null;
  readonly #images = new Map<number, Blob>();
  #bytes = 0;
  #last = -1;
  #inOrder = 0;

  constructor(
    readonly name: string,
    readonly table: GroupedTable,
    readonly column: string,
    readonly spans: readonly Span[],
  ) {}

  async open(span: number, at: number): Promise<Blob> {
    const row = this.spans[span]!.row + at;
    const kept = this.#images.get(row);
    if (kept) return kept;
    this.#inOrder = row > this.#last ? this.#inOrder + 1 : 0;
    this.#last = row;
    const image = new Blob([this.#bytesOf(row, await this.#read(span, at))]);
    this.#images.set(row, image);
    this.#bytes += image.size;
    for (const [oldest, { size }] of this.#images) {
      if (this.#bytes <= keptBytes) break;
      this.#images.delete(oldest);
      this.#bytes -= size;
    }
    return image;
  }

  async #read(span: number, at: number): Promise<unknown> {
    const { group, from, to } = this.spans[span]!;
    const read = (...rows: [number, number]) =>
      this.table.read(group, [this.column], ...rows).then(([values = []]) => values);
    if (this.#span?.at !== span) {
      if (this.#inOrder < fewInOrder) return (await read(from + at, from + at + 1))[0];
      this.#span = { at: span, values: read(from, to) };
    }
    return (await this.#span.values)[at];
  }

  #bytesOf(row: number, value: unknown): Uint8Array<ArrayBuffer> {
    const bytes = value instanceof Uint8Array || !isRecord(value) ? value : value['bytes'];
    const where = `Row ${row + 1} of ${this.name}`;
    if (bytes instanceof Uint8Array && bytes.length <= maxBytes)
      return bytes as Uint8Array<ArrayBuffer>;
    if (bytes instanceof Uint8Array)
      throw badFile(
        `${where} has an image of ${bytes.length} bytes, more than the ${maxBytes} of an image. Scale it down.`,
      );
    const path = isRecord(value) && typeof value['path'] === 'string' ? value['path'] : null;
    throw badFile(
      path === null
        ? `${where} has no image. Remove the row, or choose to skip corrupt images.`
        : `${where} names the image ${path} and does not hold it. Choose the images themselves, or data saved with them.`,
    );
  }
}
