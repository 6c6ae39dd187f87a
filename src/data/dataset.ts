import type { AppError } from '../errors.ts';
import { badFile } from '../errors.ts';
import type { SourceFile } from '../formats/source.ts';
import { needColumns } from './columns.ts';
import type { ColumnMap } from './columns.ts';
import { readCsv, readTsv } from './delimited.ts';
import { readGrouped } from './grouped.ts';
import { readJsonl } from './jsonl.ts';
import { readLabelFirst } from './labelFirst.ts';
import { labelsOf, plainLabel } from './labelsOf.ts';
import type { Texts } from './prompt.ts';
import { cellOf, maxRows, placeOf, tooManyRows, type ReadTable, type Table } from './table.ts';

export { choicesOf, type ChoiceRow } from './choices.ts';
export { guessColumns, isRowNumber, type ColumnMap } from './columns.ts';
export { labelsOf, plainLabel } from './labelsOf.ts';
export { isLabelFirst } from './labelFirst.ts';
export { readTextBlocks } from './plainText.ts';
export { textColumns, type Table } from './table.ts';

/** An example; `label` is the class index. */
export interface Row extends Texts {
  label: number;
}

/** Readers by the ending of the file's name. */
export const tableFormats = {
  jsonl: readJsonl,
  ndjson: readJsonl,
  json: readJsonl,
  csv: readCsv,
  tsv: readTsv,
  label: readLabelFirst,
  txt: readLabelFirst,
  parquet: readGrouped,
  arrow: readGrouped,
} satisfies Record<string, ReadTable>;

const isFormat = (name: string): name is keyof typeof tableFormats =>
  Object.hasOwn(tableFormats, name);
const endingOf = (name: string) => name.split('.').at(-1)?.toLowerCase() ?? '';

/** Whether a name ends as tables do. */
export const isTableName = (name: string) => isFormat(endingOf(name));

/** Reads a table in one of these formats, all of it or the first `limit` rows; throws BadFile with line and byte. */
export async function readTable(name: string, blob: Blob, limit = Infinity): Promise<Table> {
  const ending = endingOf(name);
  if (!isFormat(ending)) {
    const known = Object.keys(tableFormats).map((format) => `.${format}`);
    const message = `${name} is no data file that can be read: its name must end in ${known.join(', ')}. Convert or rename it.`;
    throw badFile(message);
  }
  const table = await tableFormats[ending](name, blob, limit);
  if (table.rows.length) return table;
  const [skipped] = table.skipped;
  const why = skipped ? `: line ${skipped.line} ${skipped.why}` : '';
  throw badFile(`${name} holds no rows${why}. Choose a file with examples.`);
}

/** Reads tables of several files as one, in order; all rows or the first `limit`. */
export async function readTables(files: readonly SourceFile[], limit = Infinity): Promise<Table> {
  const tables: Table[] = [];
  const parts: { path: string; rows: number }[] = [];
  let left = limit;
  for (const { path, blob } of files) {
    if (left <= 0) break;
    const table = await readTable(path, blob, left);
    tables.push(table);
    parts.push({ path, rows: table.rows.length });
    left -= table.rows.length;
    if (parts.reduce((sum, { rows }) => sum + rows, 0) > maxRows) throw tooManyRows(path);
  }
  const [first, ...others] = tables;
  if (!first || others.length === 0) return first ?? noTable;
  return {
    columns: [...new Set(tables.flatMap(({ columns }) => columns))],
    rows: tables.flatMap(({ rows }) => rows),
    lines: tables.flatMap(({ lines }) => lines),
    skipped: tables.flatMap(({ skipped }) => skipped),
    classes: new Map(tables.flatMap(({ classes }) => [...(classes ?? [])])),
    notText: new Map(tables.flatMap(({ notText }) => [...(notText ?? [])])),
    parts,
  };
}

const noTable: Table = { columns: [], rows: [], lines: [], skipped: [] };

/**
 * Examples of a table. Labels are names, or numbers from 0; without `labels` they are those that the file tells, or those
 * of the data, in order of number or name. Throws BadFile with line for what does not fit.
 */
export function rowsOf(
  table: Table,
  columns: ColumnMap,
  labels: readonly string[] | null,
): { rows: Row[]; labels: string[] } {
  const { text, text_b: second, label } = columns;
  if (label === undefined) {
    throw badFile('No column is chosen as label. Choose the one with the classes.');
  }
  needColumns(table, [text, label, ...(second === undefined ? [] : [second])]);
  const cell = (at: number, column: string): string => {
    const value = cellOf(table.rows[at], column);
    if (value !== undefined) return value;
    const message = `${placeOf(table, at)} has no ${JSON.stringify(column)}. Fill it in, or remove the line.`;
    throw badFile(message);
  };
  const values = table.rows.map((_, at) => cell(at, label).trim());
  const told = table.classes?.get(label);
  const names = [...(labels ?? told ?? labelsOf(values.map(plainLabel)))];
  const numbers = classNumbers(names, told);
  const rows = values.map((value, at): Row => {
    const index = numbers.get(value) ?? numbers.get(plainLabel(value));
    if (index === undefined) throw unknownLabel(placeOf(table, at), value, names);
    const row = { text: cell(at, text), label: index };
    return second === undefined ? row : { ...row, text_b: cell(at, second) };
  });
  return { rows, labels: names };
}

/** The class of each label: by its name, by its number unless names are numbers, and by its place in the file's names where those are others. */
export function classNumbers(
  names: readonly string[],
  told: readonly string[] | undefined,
): Map<string, number> {
  const areNumbers = names.every((name) => /^\d+$/.test(name.trim()));
  const numbers = new Map(areNumbers ? [] : names.map((_, at) => [String(at), at] as const));
  for (const [at, name] of names.entries()) numbers.set(name.trim(), at);
  const differ = told?.length === names.length && !told.every((name) => names.includes(name));
  if (differ) for (const [at, name] of told.entries()) numbers.set(name.trim(), at);
  return numbers;
}

export function unknownLabel(place: string, value: string, labels: readonly string[]): AppError {
  const shown = labels.slice(0, 12).map((name) => JSON.stringify(name));
  const known = shown.join(', ') + (labels.length > shown.length ? ', …' : '');
  const hidden =
    value === '-1'
      ? ' (−1 stands for a label that is kept secret: choose a split that has them)'
      : '';
  return badFile(
    `${place} has the label ${JSON.stringify(value)}${hidden}, which is none of ${known}, nor a number from 0 to ${labels.length - 1}. Correct it, or choose the labels or their column anew.`,
  );
}
