import { formatPercent } from '../ui/format.ts';
import { type Measure, measuresTable, sortBy } from '../ui/table.ts';
import { measure, number, oneDecimal, share } from './columns.ts';
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

const keeps: Measure<ComparedMethod> = measure(
  share('Of the fine-tuned'),
  'descending',
  ({ normalised }) => normalised,
);

/** Fewer changed weights and seconds are better. */
export const comparedColumns: readonly Measure<ComparedMethod>[] = [
  measure(share('Mean accuracy'), 'descending', ({ mean }) => mean),
  keeps,
  measure(share('Weights changed'), 'ascending', ({ changed }) => changed),
  measure(share('Base skill kept'), 'descending', ({ general }) => general),
  measure(number('Seconds'), 'ascending', ({ seconds }) => seconds, oneDecimal),
];

/** The method that keeps most of the fine-tuned accuracy; null while none is known. */
export function bestMethod(methods: readonly ComparedMethod[]): ComparedMethod | null {
  return sortBy(methods, keeps).find(({ normalised }) => normalised !== null) ?? null;
}

/** What the comparison says: the best method, how much it keeps, and the next best. */
export function comparedTitle(methods: readonly ComparedMethod[], tasks: number): string {
  const on = tasks === 1 ? 'one task' : `${tasks} tasks`;
  const [best, next] = sortBy(methods, keeps).filter(({ normalised }) => normalised !== null);
  if (!best) return `One model for ${on}`;
  const kept = ({ normalised }: ComparedMethod) => formatPercent(normalised ?? 0);
  const other = next ? `; ${next.label.toLowerCase()} ${kept(next)}` : '';
  return `${best.label} keeps ${kept(best)} of the fine-tuned accuracy on ${on}${other}`;
}

export const comparedTable = (methods: readonly ComparedMethod[]) =>
  measuresTable(methods, ['Method'], ({ label }) => [label], comparedColumns, '–');

/** Mean of ratios of two measured shares by task; null until all are known or where one is 0. */
export function meanRatio(parts: readonly (number | null)[], wholes: readonly (number | null)[]) {
  return meanOfAll(
    parts.map((part, i) => {
      const whole = wholes[i] ?? null;
      return part === null || !whole ? null : part / whole;
    }),
  );
}
