import { guessColumns, readTable, rowsOf, type Row, type Table } from '../data/dataset.ts';
import { badFile, incompatible } from '../errors.ts';
import type { TaskData } from '../recipe/recipe.ts';
import { filesOf, type FindData, type StoredData } from '../storage/dataSets.ts';

/** Labelled texts of a task; labels are in class order. */
export interface LabelledRows {
  train: Row[];
  test: Row[];
  labels: string[];
  notes: string[];
}

/** What is known of the classes beside the data: their names, or at least how many there are. */
export interface KnownClasses {
  names: readonly string[] | null;
  count: number | null;
}

/** Reads a task's tables; throws BadFile, Incompatible. */
export async function readLabelledRows(
  data: TaskData,
  find: FindData,
  known: KnownClasses,
): Promise<LabelledRows> {
  const tables = [await openTable(data.train, find), await openTable(data.test, find)];
  const words = data.label_words?.length ?? null;
  let labels: readonly string[] | null = data.labels ?? known.names;
  const notes: string[] = [];
  const [train = [], test = []] = tables.map((opened) => {
    if (!opened) return [];
    const found = rowsOf(opened.table, columnsOf(opened.table, data), labels);
    labels ??= numbered(found.labels, words ?? known.count);
    notes.push(...remarks(opened));
    return found.rows;
  });
  const classes = [...(labels ?? [])];
  if (words !== null && words !== classes.length)
    throw badFile(
      `There are ${words} label words for ${classes.length} classes (${classes.slice(0, 12).join(', ')}). Give one word for each class, in this order.`,
    );
  return { train, test, labels: classes, notes };
}

/** A table of the library; null without a name. */
export async function openTable(
  name: string | undefined,
  find: FindData,
): Promise<OpenTable | null> {
  if (name === undefined) return null;
  const data = await find(name);
  if (data.kind !== 'table')
    throw incompatible(
      `“${name}” holds ${{ images: 'images', text: 'plain text', head: 'a head' }[data.kind]}, where a table of labelled texts is needed: JSONL, CSV or TSV.`,
    );
  return { name, table: await readTable(tableName(data), data.blob) };
}

export interface OpenTable {
  name: string;
  table: Table;
}

/** A name that ends as the data's format does. */
export function tableName(data: StoredData): string {
  const path = filesOf(data)[0]?.path ?? '';
  return /\.[a-z]+$/i.test(data.name) ? data.name : path;
}

/** The columns chosen; others are guessed, but a second text is not where only a first was chosen. */
export function columnsOf({ columns }: Table, data: TaskData) {
  const guess = guessColumns(columns);
  const { text, text_b, label } = data.columns ?? {};
  const second = text === undefined ? (text_b ?? guess.text_b) : text_b;
  const chosen = label ?? guess.label;
  const usesSecond = data.template === undefined || data.template.includes('{text_b}');
  return {
    text: text ?? guess.text,
    ...(second !== undefined && usesSecond && { text_b: second }),
    ...(chosen !== undefined && { label: chosen }),
  };
}

/** Numbers as class names go on up to the count of classes. */
function numbered(labels: readonly string[], count: number | null): readonly string[] {
  const areNumbers = labels.every((label, i) => label === String(i));
  if (!areNumbers || count === null || count <= labels.length) return labels;
  return Array.from({ length: count }, (_, i) => String(i));
}

function remarks({ name, table }: OpenTable): string[] {
  const [first] = table.skipped;
  if (!first) return [];
  const count = table.skipped.length;
  return [
    `${count} ${count === 1 ? 'line' : 'lines'} of ${name} ${count === 1 ? 'is' : 'are'} left out, e.g. line ${first.line}: ${first.why}`,
  ];
}
