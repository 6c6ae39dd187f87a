import { badFile } from '../errors.ts';

/** Longest cell, in characters. */
export const maxCellLength = 1e6;
/** Most columns of a table. */
export const maxColumns = 10_000;
/** Most rows of a table. */
export const maxRows = 2e6;

/** Most lines that are skipped before the file is refused. */
export const maxSkipped = 10_000;

/** Rows of a file as text; `lines` are the line numbers (from 1) they begin at, `skipped` what was no row. */
export interface Table {
  columns: string[];
  rows: Record<string, string>[];
  lines: number[];
  skipped: { line: number; why: string }[];
  /** Names of a column's classes in their order, where the file tells them. */
  classes?: ReadonlyMap<string, readonly string[]>;
  /** What columns hold that is no text; their cells are left out. */
  notText?: ReadonlyMap<string, string>;
  /** The files that a table was joined of, and how many rows each has. */
  parts?: readonly { path: string; rows: number }[];
}

/** A table without rows yet, of what its file tells of columns. */
export const emptyTable = ({
  columns,
  classes,
  notText,
}: Pick<Table, 'classes' | 'notText'> & { columns: readonly string[] }): Table => ({
  ...{ columns: [...columns], rows: [], lines: [], skipped: [] },
  ...(classes && { classes }),
  ...(notText && { notText }),
});

/** Columns that hold text, as far as it is known. */
export const textColumns = ({
  columns,
  notText,
}: Pick<Table, 'notText'> & { columns: readonly string[] }) =>
  columns.filter((column) => !notText?.has(column));

/** Where a row stands, as messages begin: "Line 3", or "Line 3 of b.csv". */
export function placeOf({ lines, parts = [] }: Table, at: number): string {
  const line = `Line ${lines[at]}`;
  let left = at;
  const part = parts.find(({ rows }) => (left -= rows) < 0);
  return part && parts.length > 1 ? `${line} of ${part.path}` : line;
}

/** The text of a row's cell; undefined where the row has none. */
export const cellOf = (row: Table['rows'][number] | undefined, column: string) =>
  row && Object.hasOwn(row, column) ? row[column] : undefined;

/** Reads a table from a file called `name`, all of it or its first `limit` rows; throws BadFile with line and byte. */
export type ReadTable = (name: string, blob: Blob, limit: number) => Promise<Table>;

/** Throws BadFile for a table with more columns than are read. */
export function checkColumns(name: string, count: number): void {
  if (count <= maxColumns) return;
  throw badFile(
    `${name} has ${count} columns, more than the ${maxColumns} that are read. Keep those with the texts and labels.`,
  );
}

/** Adds a row to a table; throws BadFile beyond the limits. */
export function addRow(
  name: string,
  table: Table,
  row: Record<string, string>,
  line: number,
): void {
  for (const [column, cell] of Object.entries(row)) {
    if (cell.length <= maxCellLength) continue;
    throw badFile(
      `${name} has ${cell.length} characters in the column ${JSON.stringify(column)} of line ${line}, more than the ${maxCellLength} a cell may have. Shorten it.`,
    );
  }
  if (table.rows.length >= maxRows) throw tooManyRows(name);
  table.rows.push(row);
  table.lines.push(line);
}

/** What is said of more rows than are read. */
export const tooManyRows = (name: string) =>
  badFile(
    `${name} has more than ${maxRows} rows. Take a part of it: a few examples per class are enough.`,
  );

/** Notes a line that is no row; throws BadFile when there are too many. */
export function skipRow(name: string, table: Table, line: number, why: string): void {
  table.skipped.push({ line, why });
  if (table.skipped.length <= maxSkipped) return;
  throw badFile(
    `${name} has more than ${maxSkipped} lines that are no rows; line ${line} ${why}. Check that the name's ending fits the format.`,
  );
}
