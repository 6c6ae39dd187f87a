import type { AppError } from '../errors.ts';
import { badFile } from '../errors.ts';
import { needColumns } from './columns.ts';
import type { ColumnMap } from './columns.ts';
import { readCsv, readTsv } from './delimited.ts';
import { readJsonl } from './jsonl.ts';
import type { Texts } from './prompt.ts';
import { cellOf, type ReadTable, type Table } from './table.ts';

export { choicesOf, type ChoiceRow } from './choices.ts';
export { guessColumns, type ColumnMap } from './columns.ts';
export { readTextBlocks } from './plainText.ts';
export type { Table } from './table.ts';

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
} satisfies Record<string, ReadTable>;

const isFormat = (name: string): name is keyof typeof tableFormats =>
  Object.hasOwn(tableFormats, name);

/** Reads JSONL, CSV or TSV, all of it or the first `limit` rows; throws BadFile with line and byte. */
export async function readTable(name: string, blob: Blob, limit = Infinity): Promise<Table> {
  const ending = name.split('.').at(-1)?.toLowerCase() ?? '';
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

/**
 * Examples of a table. Labels are names, or numbers from 0; without `labels` they are those of the data, in order of
 * number or name. Throws BadFile with line for what does not fit.
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
    const message = `Line ${table.lines[at]} has no ${JSON.stringify(column)}. Fill it in, or remove the line.`;
    throw badFile(message);
  };
  const values = table.rows.map((_, at) => cell(at, label).trim());
  const names = labels ? [...labels] : labelsOf(values);
  const numbers = new Map(names.map((_, at) => [String(at), at] as const));
  for (const [at, name] of names.entries()) numbers.set(name.trim(), at);
  const rows = values.map((value, at): Row => {
    const index = numbers.get(value);
    if (index === undefined) throw unknownLabel(table.lines[at] ?? 0, value, names);
    const row = { text: cell(at, text), label: index };
    return second === undefined ? row : { ...row, text_b: cell(at, second) };
  });
  return { rows, labels: names };
}

/** "0" … "n − 1" when all are whole numbers from 0 to 999, else the names in order. */
export function labelsOf(values: readonly string[]): string[] {
  const distinct = [...new Set(values)];
  if (!distinct.every((value) => /^\d{1,3}$/.test(value))) return distinct.sort();
  const most = distinct.reduce((max, value) => Math.max(max, Number(value)), 0);
  return Array.from({ length: most + 1 }, (_, at) => String(at));
}

function unknownLabel(line: number, value: string, labels: readonly string[]): AppError {
  const shown = labels.slice(0, 12).map((name) => JSON.stringify(name));
  const known = shown.join(', ') + (labels.length > shown.length ? ', …' : '');
  const hidden =
    value === '-1'
      ? ' (−1 stands for a label that is kept secret: choose a split that has them)'
      : '';
  return badFile(
    `Line ${line} has the label ${JSON.stringify(value)}${hidden}, which is none of ${known}, nor a number from 0 to ${labels.length - 1}. Correct it, or choose the labels or their column anew.`,
  );
}
