import { formatCount, formatPercent } from './format.ts';
import type { TermName } from './terms.ts';

export type ColumnKind = 'text' | 'count' | 'share' | 'number';

/** Which end comes first. */
export type Order = 'ascending' | 'descending';

/** A column of a table: what stands above it, and how its cells are read. */
export interface Column {
  label: string;
  kind: ColumnKind;
  /** Read, and not seen. */
  hidden?: boolean;
  /** Explains the label. */
  term?: TermName;
  /** Gives way in a narrow window; what that means is the view's. */
  class?: string;
}

/** A column of numbers by which rows can be sorted. */
export interface Measure<Row> extends Column {
  /** In which the best comes first. */
  order: Order;
  /** Null where it was not measured. */
  of: (row: Row) => number | null;
  /** As on screen. */
  format: (value: number) => string;
}

/** A figure's numbers: what a screen reader reads and what the CSV holds. */
export interface Table {
  columns: Column[];
  rows: (string | number)[][];
}

/** Rows by a number of theirs; those without one come last. */
export function sortRows<Row>(
  rows: readonly Row[],
  numberOf: (row: Row) => number | null,
  order: Order,
): Row[] {
  const rank = (row: Row) => {
    const number = numberOf(row);
    if (number === null) return Infinity;
    return order === 'ascending' ? number : -number;
  };
  return rows.toSorted((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)));
}

/** Rows by a measure, the best first and those without last. */
export const sortBy = <Row>(rows: readonly Row[], { of, order }: Measure<Row>): Row[] =>
  sortRows(rows, of, order);

/** A row's cell of a measure as on screen. */
export function measureText<Row>({ of, format }: Measure<Row>, row: Row): string {
  const value = of(row);
  return value === null ? '–' : format(value);
}

/** Rows as a table: the texts that tell them apart, under their heads, then measures, `none` where one was not taken. */
export function measuresTable<Row>(
  rows: readonly Row[],
  heads: readonly string[],
  textsOf: (row: Row) => string[],
  measures: readonly Measure<Row>[],
  none = '',
): Table {
  return {
    columns: [
      ...heads.map((label): Column => ({ label, kind: 'text' })),
      ...measures.map(({ label, kind }) => ({ label, kind })),
    ],
    rows: rows.map((row) => [...textsOf(row), ...measures.map(({ of }) => of(row) ?? none)]),
  };
}

/** A cell as it is read on screen. */
export function cellText(value: string | number, kind: ColumnKind): string {
  if (typeof value === 'string') return value;
  if (kind === 'number') return String(Number(value.toPrecision(3)));
  return kind === 'share' ? formatPercent(value) : formatCount(value);
}

/** RFC 4180; numbers are written in full, and a text that spreadsheets would compute begins with an apostrophe. */
export function csvText({ columns, rows }: Table): string {
  const cell = (value: string | number) => {
    const text = typeof value === 'string' ? value.replace(/^(?=[=+\-@\t\r])/, "'") : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return (
    [columns.map(({ label }) => label), ...rows]
      .map((row) => row.map(cell).join(','))
      .join('\r\n') + '\r\n'
  );
}
