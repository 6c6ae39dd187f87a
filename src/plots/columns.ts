import type { MetricName } from '../recipe/recipe.ts';
import { formatPercent } from '../ui/format.ts';
import type { Column, Measure, Order } from '../ui/table.ts';

export const text = (label: string): Column => ({ label, kind: 'text' });
export const count = (label: string): Column => ({ label, kind: 'count' });
export const share = (label: string): Column => ({ label, kind: 'share' });
export const number = (label: string): Column => ({ label, kind: 'number' });

/** Columns of scores by a metric. */
export const scoreColumn = (metric: MetricName) => (metric === 'perplexity' ? number : share);

export const oneDecimal = (value: number) => value.toFixed(1);

/** A column by which rows can be sorted, shares unless its numbers are formatted otherwise. */
export const measure = <Row>(
  column: Column,
  order: Order,
  of: (row: Row) => number | null,
  format: (value: number) => string = formatPercent,
): Measure<Row> => ({ ...column, order, of, format });
