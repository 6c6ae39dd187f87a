import { formatPercent } from '../ui/format.ts';
import { sortRows, type Order, type Table } from '../ui/table.ts';
import { number, share, text } from './columns.ts';
import { meanOfAll } from './numbers.ts';

/** A way to merge, measured on the same tasks as the others; shares, null while unknown. */
export interface ComparedMethod {
  id: string;
  label: string;
  /** Mean accuracy over the tasks, and the mean of accuracy ÷ fine-tuned accuracy. */
  mean: number | null;
  normalised: number | null;
  /** Of the weights in scope, those that differ from the base. */
  changed: number | null;
  /** Accuracy on what the base knew ÷ that of the base. */
  general: number | null;
  /** To make it, with the search for its masks. */
  seconds: number | null;
}

export const comparedColumns = ['mean', 'normalised', 'changed', 'general', 'seconds'] as const;
export type ComparedColumn = (typeof comparedColumns)[number];

export const comparedNames: Record<ComparedColumn, string> = {
  mean: 'Mean accuracy',
  normalised: 'Of the fine-tuned',
  changed: 'Weights changed',
  general: 'Base skill kept',
  seconds: 'Seconds',
};

/** Best first, where fewer changed weights and seconds are better. */
export const comparedOrder = (column: ComparedColumn): Order =>
  column === 'changed' || column === 'seconds' ? 'ascending' : 'descending';

/** What is unknown comes last. */
export function sortCompared<T extends Record<ComparedColumn, number | null>>(
  methods: readonly T[],
  by: ComparedColumn,
): T[] {
  return sortRows(methods, (method) => method[by], comparedOrder(by));
}

/** What the comparison says: the best method, how much it keeps, and the next best. */
export function comparedTitle(methods: readonly ComparedMethod[], tasks: number): string {
  const on = tasks === 1 ? 'one task' : `${tasks} tasks`;
  const [best, next] = sortCompared(methods, 'normalised').filter(
    ({ normalised }) => normalised !== null,
  );
  if (!best) return `One model for ${on}`;
  const kept = ({ normalised }: ComparedMethod) => formatPercent(normalised ?? 0);
  const other = next ? `; ${next.label.toLowerCase()} ${kept(next)}` : '';
  return `${best.label} keeps ${kept(best)} of the fine-tuned accuracy on ${on}${other}`;
}

export function comparedTable(methods: readonly ComparedMethod[]): Table {
  return {
    columns: [
      text('Method'),
      ...comparedColumns.map((column) =>
        (column === 'seconds' ? number : share)(comparedNames[column]),
      ),
    ],
    rows: methods.map((method) => [
      method.label,
      ...comparedColumns.map((column) => method[column] ?? '–'),
    ]),
  };
}

/** Mean of ratios of two measured shares by task; null until all are known or where one is 0. */
export function meanRatio(parts: readonly (number | null)[], wholes: readonly (number | null)[]) {
  return meanOfAll(
    parts.map((part, i) => {
      const whole = wholes[i] ?? null;
      return part === null || !whole ? null : part / whole;
    }),
  );
}
