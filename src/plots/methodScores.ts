import type { MetricName } from '../recipe/recipe.ts';
import type { RunResult, Score, ScoredModel } from '../api/results.ts';
import { measure, number, scoreColumn, share } from './columns.ts';
import { ratio } from './numbers.ts';
import { bestFirst, formatScore, meanScore, metricNames, normalised, scoreOf } from './scores.ts';
import { type Measure, measuresTable, measureText, sortBy, type Table } from '../ui/table.ts';

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
  /** By task; none where nothing could be measured. */
  values: (number | null)[];
  mean: number | null;
  normalised: number | null;
  /** Of all weights. */
  changed: number | null;
  /** To find masks and to merge. */
  seconds: number | null;
}

/** The mean over tasks. */
export const meanMeasure = (metric: MetricName) => scoreMeasure('Mean', metric, ({ mean }) => mean);

export const secondsMeasure: Measure<MethodRow> = measure(
  number('Seconds'),
  'ascending',
  ({ seconds }) => seconds,
  (seconds) => seconds.toFixed(seconds < 10 ? 2 : 1),
);

/** The score of each task, then what sums a row up. */
export function methodMeasures(tasks: readonly string[], metric: MetricName): Measure<MethodRow>[] {
  return [
    ...tasks.map((task, t) => scoreMeasure(task, metric, ({ values }) => values[t] ?? null)),
    meanMeasure(metric),
    measure(share('Of fine-tuned'), 'descending', (row) => row.normalised),
    measure(share('Weights changed'), 'ascending', ({ changed }) => changed),
    secondsMeasure,
  ];
}

function scoreMeasure(
  label: string,
  metric: MetricName,
  of: (row: MethodRow) => number | null,
): Measure<MethodRow> {
  const text = (score: number) => formatScore(score, metric);
  return measure(scoreColumn(metric)(label), bestFirst(metric), of, text);
}

const unmeasured = {
  ...{ failed: false, reference: false, values: [] },
  ...{ mean: null, normalised: null, changed: null, seconds: null },
};

/** The row of a measured way to merge. */
export function methodRow(
  named: Pick<MethodRow, 'id' | 'label' | 'note'>,
  { scores, parameters, seconds }: MethodRun,
  tasks: readonly string[],
  metric: MetricName,
): MethodRow {
  return {
    ...unmeasured,
    ...named,
    ...valuesOf(scores, 'merged', tasks, metric),
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
  return [
    { id: 'base' as const, label: 'Base', note: '', changed: 0 },
    { id: 'finetuned' as const, label: 'Fine-tuned', note: 'Each on its task', changed: null },
  ].map((named) => ({
    ...unmeasured,
    ...named,
    reference: true,
    ...valuesOf(scores, named.id, tasks, metric),
  }));
}

/** The row of what could not be measured, with the reason. */
export function failedRow(id: string, label: string, note: string): MethodRow {
  return { ...unmeasured, id, label, note, failed: true };
}

function valuesOf(
  scores: readonly Score[],
  model: ScoredModel,
  tasks: readonly string[],
  metric: MetricName,
): Pick<MethodRow, 'values' | 'mean' | 'normalised'> {
  return {
    values: tasks.map((task) => scoreOf(scores, model, task, metric)?.value ?? null),
    mean: meanScore(scores, model, metric),
    normalised: normalised(scores, metric, model),
  };
}

/** Merges that have a number of this measure, the best first. */
export const ranked = (rows: readonly MethodRow[], measure: Measure<MethodRow>) =>
  sortBy(
    rows.filter((row) => !row.reference && measure.of(row) !== null),
    measure,
  );

/** The best number of a measure among the merges; null when none has one. */
export function bestOf(rows: readonly MethodRow[], measure: Measure<MethodRow>): number | null {
  const [best] = ranked(rows, measure);
  return best ? measure.of(best) : null;
}

/** Every number, a row for each method. */
export function methodTable(
  rows: readonly MethodRow[],
  tasks: readonly string[],
  metric: MetricName,
): Table {
  const measures = methodMeasures(tasks, metric);
  return measuresTable(rows, ['Method', 'Note'], ({ label, note }) => [label, note], measures);
}

/** What the means say: the best, and the next. */
export function meanTitle(rows: readonly MethodRow[], metric: MetricName): string {
  const measure = meanMeasure(metric);
  const [best, next] = ranked(rows, measure);
  const name = metricNames[metric];
  if (!best) return `Mean ${name} by method`;
  const text = (row: MethodRow) => measureText(measure, row);
  const other = next ? `; next ${next.label}, ${text(next)}` : '';
  return `${best.label} has the best mean ${name}, ${text(best)}${other}`;
}

/** What the lines over tasks say: on how many the best mean is best, too. */
export function tasksTitle(
  rows: readonly MethodRow[],
  tasks: readonly string[],
  metric: MetricName,
): string {
  const [best] = ranked(rows, meanMeasure(metric));
  if (!best) return `${metricNames[metric]} by task`;
  const measures = methodMeasures(tasks, metric).slice(0, tasks.length);
  const first = measures.filter((each) => each.of(best) === bestOf(rows, each)).length;
  const where = first === tasks.length ? 'every task' : `${first} of ${tasks.length} tasks`;
  return `The best mean, ${best.label}, is best on ${where}`;
}

/** What the times say: the fastest and the slowest. */
export function secondsTitle(rows: readonly MethodRow[]): string {
  const sorted = ranked(rows, secondsMeasure);
  const [fastest, slowest] = [sorted[0], sorted.at(-1)];
  if (!fastest || !slowest || fastest === slowest) return 'Seconds to merge';
  const text = (row: MethodRow) => `${measureText(secondsMeasure, row)} s`;
  return `${fastest.label} takes ${text(fastest)}, ${slowest.label} ${text(slowest)}`;
}
