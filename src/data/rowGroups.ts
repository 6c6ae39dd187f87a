import { AppError, badFile } from '../errors.ts';
import { cellText } from './cellText.ts';
import { addRow, checkColumns, emptyTable, type Table } from './table.ts';
import { isRecord } from './tokenizerJson.ts';

/** Rows of a file that are stored together; `bytes` is what all their columns take. */
export interface RowGroup {
  rows: number;
  bytes: number;
}

/** A table whose file says where its rows lie: read in parts, by the columns asked for. */
export interface GroupedTable {
  columns: readonly string[];
  classes: ReadonlyMap<string, readonly string[]>;
  notText: ReadonlyMap<string, string>;
  groups: readonly RowGroup[];
  /** Values of rows [from, to) of a group, column by column; throws BadFile. */
  read(group: number, columns: readonly string[], from: number, to: number): Promise<unknown[][]>;
}

/** Rows [from, to) of a group; `row` is how many of the table stand before them. */
export interface Span {
  group: number;
  from: number;
  to: number;
  row: number;
}

/** About how many stored bytes are read at once. */
export const spanBytes = 8 * 1024 ** 2;
/** About how many rows are read at once. */
const spanRows = 65_536;

/** The rows of a table in parts that fit into memory. */
export function spansOf(groups: readonly RowGroup[], bytesEach = spanBytes): Span[] {
  let before = 0;
  return groups.flatMap(({ rows, bytes }, group) => {
    const parts = Math.min(rows, Math.ceil(Math.max(bytes / bytesEach, rows / spanRows)));
    const edge = (part: number) => Math.floor((rows * part) / parts);
    const start = before;
    before += rows;
    return Array.from({ length: parts }, (_, at) => {
      const [from, to] = [edge(at), edge(at + 1)];
      return { group, from, to, row: start + from };
    });
  });
}

/** All rows as text, or the first `limit`. */
export async function textTable(name: string, from: GroupedTable, limit: number): Promise<Table> {
  const { columns } = from;
  checkColumns(name, columns.length);
  const table = emptyTable(from);
  for (const span of spansOf(from.groups)) {
    const left = limit - table.rows.length;
    if (left <= 0) break;
    const part = { ...span, to: Math.min(span.to, span.from + left) };
    for (const row of await textRows(from, part)) addRow(name, table, row, table.rows.length + 1);
  }
  return table;
}

/** Rows of a span as text; classes by their names. */
export async function textRows(
  table: GroupedTable,
  { group, from, to }: Span,
  columns: readonly string[] = table.columns,
): Promise<Table['rows']> {
  const told = columns.filter((column) => !table.notText.has(column));
  const values = await table.read(group, told, from, to);
  return Array.from({ length: to - from }, (_, at) =>
    Object.fromEntries(
      told.flatMap((column, i) => {
        const text = classText(values[i]?.[at], table.classes.get(column));
        return text === null ? [] : [[column, text] as const];
      }),
    ),
  );
}

/** A cell's text; a class's number is its name. */
export function classText(value: unknown, names: readonly string[] | undefined): string | null {
  const text = cellText(value);
  const counts = typeof value === 'number' || typeof value === 'bigint';
  return (counts && names?.[Number(value)]) || text;
}

/** Class names by column, from what Hugging Face's datasets note of a file as `huggingface`. */
export function classNames(noted: string | undefined): Map<string, string[]> {
  const features = field(field(parsed(noted), 'info'), 'features');
  if (!isRecord(features)) return new Map();
  return new Map(
    Object.entries(features).flatMap(([column, feature]) => {
      const names = field(feature, 'names');
      const told = Array.isArray(names) && names.every((name) => typeof name === 'string');
      return told && names.length > 0 && new Set(names).size === names.length
        ? [[column, names] as const]
        : [];
    }),
  );
}

const field = (value: unknown, name: string): unknown =>
  isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;

function parsed(json: string | undefined): unknown {
  try {
    return JSON.parse(json ?? 'null');
  } catch {
    return null;
  }
}

/** Throws BadFile for counts of rows that no file has. */
export function checkRows(name: string, groups: readonly RowGroup[]): void {
  const odd = groups.find(({ rows }) => !Number.isSafeInteger(rows) || rows < 0 || rows > mostRows);
  const rows = odd?.rows ?? groups.reduce((sum, group) => sum + group.rows, 0);
  if (rows >= 0 && rows <= mostRows) return;
  throw badFile(
    `${name} says that it has ${rows} rows, where up to ${mostRows} are read. Download it again, or take a part of it.`,
  );
}

const mostRows = 1e8;

/** What a library throws of a file that is none of its format, as BadFile. */
export async function readAs<T>(
  format: string,
  path: string,
  remedy: string,
  read: () => T | Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof AppError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw badFile(
      `${path} cannot be read as ${format} (${why}): it is damaged, or of a kind not known. ${remedy}`,
      error,
    );
  }
}
