import type { MetricName } from '../recipe/recipe.ts';
import type { RunResult, Score, ScoredModel } from '../api/results.ts';
import { formatPercent } from '../ui/format.ts';
import { number, scoreColumn, share, text } from './columns.ts';
import { ratio } from './numbers.ts';
import { formatScore, meanScore, normalised, scoreOf } from './scores.ts';
import { sortRows, type Order, type Table } from '../ui/table.ts';

/** A measured way to merge, as far as figures ask. */
export interface MethodRun {
  scores: readonly Score[];
  parameters: Pick<RunResult['parameters'], 'changed' | 'total'>;
  seconds: RunResult['seconds'];
}

/** A way to merge, or a reference, beside the others; null where there is no such number. */
export interface MethodRow {
  id: string;
  label: string;
  /** The λ chosen, or why it could not be measured. */
  note: string;
  failed: boolean;
  /** The base or the fine-tuned models: no merge. */
  reference: boolean;
  /** By task. */
  values: (number | null)[];
  mean: number | null;
  normalised: number | null;
  /** Of all weights. */
  changed: number | null;
  /** To find masks and to merge. */
  seconds: number | null;
}

export const meanColumns = ['mean', 'normalised', 'changed', 'seconds'] as const;
/** The number of a task, or one of what sums a row up. */
export type MethodColumn = number | (typeof meanColumns)[number];

export const meanNames: Record<(typeof meanColumns)[number], string> = {
  mean: 'Mean',
  normalised: 'Of fine-tuned',
  changed: 'Weights changed',
  seconds: 'Seconds',
};

/** The row of a measured way to merge. */
export function methodRow(
  named: Pick<MethodRow, 'id' | 'label' | 'note'>,
  { scores, parameters, seconds }: MethodRun,
  tasks: readonly string[],
  metric: MetricName,
): MethodRow {
  return {
    ...named,
    failed: false,
    reference: false,
    ...valuesOf(scores, 'merged', tasks, metric),
    normalised: normalised(scores, metric),
    changed: ratio(parameters.changed, parameters.total),
    seconds: seconds.localize + seconds.merge,
  };
}

/** The base and the fine-tuned models, as any of the runs has measured them. */
export function referenceRows(
  { scores }: Pick<MethodRun, 'scores'>,
  tasks: readonly string[],
  metric: MetricName,
): MethodRow[] {
  const asMerged = (model: ScoredModel) =>
    scores
      .filter((score) => score.model === model || score.model === 'finetuned')
      .flatMap((score) =>
        score.model === model ? [score, { ...score, model: 'merged' as const }] : [score],
      );
  const row = (
    model: ScoredModel,
    label: string,
    note: string,
    changed: number | null,
  ): MethodRow => ({
    id: model,
    label,
    note,
    failed: false,
    reference: true,
    ...valuesOf(scores, model, tasks, metric),
    normalised: normalised(asMerged(model), metric),
    changed,
    seconds: null,
  });
  return [row('base', 'Base', '', 0), row('finetuned', 'Fine-tuned', 'Each on its task', null)];
}

/** The row of what could not be measured, with the reason. */
export function failedRow(id: string, label: string, note: string, tasks: number): MethodRow {
  return {
    id,
    label,
    note,
    failed: true,
    reference: false,
    values: Array.from({ length: tasks }, () => null),
    mean: null,
    normalised: null,
    changed: null,
    seconds: null,
  };
}

function valuesOf(
  scores: readonly Score[],
  model: ScoredModel,
  tasks: readonly string[],
  metric: MetricName,
): Pick<MethodRow, 'values' | 'mean'> {
  const values = tasks.map((task) => scoreOf(scores, model, task, metric)?.value ?? null);
  return { values, mean: meanScore(scores, model, metric) };
}

export const cellOf = (row: MethodRow, column: MethodColumn) =>
  typeof column === 'number' ? (row.values[column] ?? null) : row[column];

/** The end of a column where the best is. */
export function bestEnd(column: MethodColumn, metric: MetricName): Order {
  if (column === 'changed' || column === 'seconds') return 'ascending';
  return column !== 'normalised' && metric === 'perplexity' ? 'ascending' : 'descending';
}

/** Best first; what is unknown comes last. */
export function sortMethods(
  rows: readonly MethodRow[],
  by: MethodColumn,
  metric: MetricName,
): MethodRow[] {
  return sortRows(rows, (row) => cellOf(row, by), bestEnd(by, metric));
}

/** Merges that have a number in a column, the best first. */
export const ranked = (rows: readonly MethodRow[], by: MethodColumn, metric: MetricName) =>
  sortMethods(
    rows.filter((row) => !row.reference && cellOf(row, by) !== null),
    by,
    metric,
  );

/** The best value of a column among the merges; null when none has one. */
export function bestOf(
  rows: readonly MethodRow[],
  column: MethodColumn,
  metric: MetricName,
): number | null {
  const [best] = ranked(rows, column, metric);
  return best ? cellOf(best, column) : null;
}

/** A cell as on screen. */
export function methodText(value: number | null, column: MethodColumn, metric: MetricName): string {
  if (value === null) return '–';
  if (column === 'seconds') return value.toFixed(value < 10 ? 2 : 1);
  if (column === 'changed' || column === 'normalised') return formatPercent(value);
  return formatScore(value, metric);
}

/** Every number, a row for each method. */
export function methodTable(
  rows: readonly MethodRow[],
  tasks: readonly string[],
  metric: MetricName,
): Table {
  return {
    columns: [
      text('Method'),
      text('Note'),
      ...[...tasks, meanNames.mean].map(scoreColumn(metric)),
      share(meanNames.normalised),
      share(meanNames.changed),
      number(meanNames.seconds),
    ],
    rows: rows.map((row) => [
      row.label,
      row.note,
      ...row.values.map((value) => value ?? ''),
      ...meanColumns.map((column) => row[column] ?? ''),
    ]),
  };
}
