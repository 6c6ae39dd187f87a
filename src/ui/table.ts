import { formatCount, formatPercent } from './format.ts';
import type { TermName } from './terms.ts';

export type ColumnKind = 'text' | 'count' | 'share' | 'number';

/** Which end comes first. */
export type Order = 'ascending' | 'descending';

/** A column of a table: what stands above it, and how its cells are read. */
export interface Column {
  label: string;
  kind: ColumnKind;
  /** Of the rows when the table is sorted by it; absent where it cannot be. */
  order?: Order;
  /** Read, and not seen. */
  hidden?: boolean;
  /** Explains the label. */
  term?: TermName;
  /** Gives way in a narrow window; what that means is the view's. */
  class?: string;
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

/** A cell as it is read on screen. */
export function cellText(value: string | number, kind: ColumnKind): string {
  if (typeof value === 'string') return value;
  if (kind === 'number') return String(Number(value.toPrecision(3)));
  return kind === 'share' ? formatPercent(value) : formatCount(value);
}

/** RFC 4180; numbers are written in full. */
export function csvText({ columns, rows }: Table): string {
  const cell = (value: string | number) => {
    const text = String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return (
    [columns.map(({ label }) => label), ...rows]
      .map((row) => row.map(cell).join(','))
      .join('\r\n') + '\r\n'
  );
}
