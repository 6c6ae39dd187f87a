import { missingParts } from '../api/shards.ts';
import {
  classNumbers,
  guessColumns,
  isTableName,
  plainLabel,
  readTables,
  rowsOf,
  textColumns,
  type Row,
  type Table,
} from '../data/dataset.ts';
import { cellOf } from '../data/table.ts';
import { isSampled, sampleTable } from '../data/sampleTable.ts';
import { badFile, incompatible } from '../errors.ts';
import type { SourceFile } from '../formats/source.ts';
import type { TaskData } from '../recipe/recipe.ts';
import { filesOf, type FindData, type StoredData } from '../storage/dataSets.ts';
import { fewOf } from '../wording.ts';
import { countsOf } from './classCounts.ts';
import type { Shots } from './preparedTask.ts';
import { labelsIn, wholeRows } from './wholeRows.ts';

/** Labelled texts of a task; labels are in class order. */
export interface LabelledRows {
  /** Of files that are larger than is held, as many as have the shots. */
  train: Row[];
  test: Row[];
  labels: string[];
  /** How many training examples there are of each class. */
  counts: { label: string; examples: number }[];
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
  shots: Shots,
): Promise<LabelledRows> {
  const labelOf = (table: Table) => columnsOf(table, data).label;
  const trained = await openTable(data.train, find, { ...shots, labelOf });
  const tables = [trained, await openTable(data.test, find)];
  const words = data.label_words?.length ?? null;
  let labels: readonly string[] | null = data.labels ?? known.names;
  const notes: string[] = [];
  const [train = [], test = []] = tables.map((opened) => {
    if (!opened) return [];
    const columns = columnsOf(opened.table, data);
    const { text, text_b, label } = columns;
    const told = labels ?? opened.table.classes?.get(label ?? '') ?? null;
    const named = labelsIn(opened.table, label, told);
    const whole = wholeRows(opened.name, opened.table, [text, text_b], named);
    if (told === null) labels = countedFromOne(whole.table, label, words || known.count);
    const found = rowsOf(whole.table, columns, labels);
    labels ??= numbered(found.labels, words ?? known.count);
    notes.push(...skippedRemarks(opened), ...whole.notes);
    return found.rows;
  });
  const classes = [...(labels ?? [])];
  if (words !== null && words !== classes.length)
    throw badFile(
      `There are ${words} label words for ${classes.length} classes (${fewOf(classes)}). Give one word for each class, in this order.`,
    );
  const counts = countsOf(train, classes);
  if (trained?.counts) {
    const numbers = classNumbers(classes, trained.table.classes?.get(labelOf(trained.table) ?? ''));
    for (const count of counts) count.examples = 0;
    for (const [label, examples] of trained.counts) {
      const count = counts[numbers.get(label) ?? -1];
      if (count) count.examples += examples;
    }
  }
  return { train, test, labels: classes, counts, notes };
}

/** Which rows of a large table are enough: so many of each label in its column, or in all. */
export interface Enough extends Shots {
  labelOf?: (table: Table) => string | undefined;
  /** A column of few values, all of which are to be known. */
  toldOf?: (table: Table) => string | undefined;
}

/** A table of the library, of one that is large as much as is `enough`; null without a name. */
export async function openTable(
  name: string | undefined,
  find: FindData,
  enough: Enough = { shots: 'all', seed: 0 },
): Promise<OpenTable | null> {
  if (name === undefined) return null;
  const data = await find(name);
  if (data.kind !== 'table')
    throw incompatible(
      `“${name}” holds ${{ images: 'images', text: 'plain text', head: 'a head' }[data.kind]}, where a table of labelled texts is needed: JSONL, CSV, TSV, Parquet or Arrow.`,
    );
  const missing = missingParts(data.files.map(({ path }) => path));
  const files = tableFiles(data);
  const { shots, seed, labelOf, toldOf } = enough;
  if (shots === 'all' || !isSampled(files))
    return { name, missing, table: await readTables(files), counts: null };
  const sample = await sampleTable(name, files, { shots, seed, labelOf, toldOf });
  return { name, missing, ...sample };
}

export interface OpenTable {
  name: string;
  /** Which of its parts are not in the library. */
  missing: string | null;
  table: Table;
  /** How often each label is met in all of it, where only a part was read. */
  counts: ReadonlyMap<string, number> | null;
  /** The values of the column asked for in all of it, where only a part was read. */
  told?: ReadonlySet<string>;
}

/** How many rows there are, of which a part may have been read. */
export const rowCount = ({ table, counts }: OpenTable) =>
  counts ? [...counts.values()].reduce((sum, count) => sum + count, 0) : table.rows.length;

/** The files of a table; a lone one is called as its data are, where that tells its format. */
export function tableFiles(data: StoredData): SourceFile[] {
  const files = filesOf(data);
  return files.length === 1 && isTableName(data.name)
    ? files.map(({ blob }) => ({ path: data.name, blob }))
    : files;
}

/** The columns chosen; others are guessed, but a second text is not where only a first was chosen. */
export function columnsOf(table: Table, data: TaskData) {
  const guess = guessColumns(textColumns(table));
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

/** Names of classes that are counted from 1, of as many as are known of; null of others. */
function countedFromOne(
  { rows }: Table,
  label: string | undefined,
  count: number | null,
): string[] | null {
  if (label === undefined) return null;
  const met = new Set(rows.map((row) => plainLabel(cellOf(row, label) ?? '')));
  const names = Array.from({ length: met.size }, (_, at) => String(at + 1));
  const fits = names.length > 1 && (count === null || count === names.length);
  return fits && names.every((name) => met.has(name)) ? names : null;
}

/** Numbers as class names go on up to the count of classes. */
function numbered(labels: readonly string[], count: number | null): readonly string[] {
  const areNumbers = labels.every((label, i) => label === String(i));
  if (!areNumbers || count === null || count <= labels.length) return labels;
  return Array.from({ length: count }, (_, i) => String(i));
}

/** What was left out of a table. */
export function skippedRemarks({ name, missing, table }: OpenTable): string[] {
  const parts = missing === null ? [] : [`${name}: ${missing}`];
  const [first] = table.skipped;
  if (!first) return parts;
  const count = table.skipped.length;
  return [
    ...parts,
    `${count} ${count === 1 ? 'line' : 'lines'} of ${name} ${count === 1 ? 'is' : 'are'} left out, e.g. line ${first.line}: ${first.why}`,
  ];
}
