import type { MetricName } from '../recipe/recipe.ts';
import { scoreColumn, text } from './columns.ts';
import { mean, meanOfAll } from './numbers.ts';
import { capital } from './resultFigures.ts';
import { formatScore, metricNames, scoreOf } from './scores.ts';
import type { CrossScore, Score } from '../api/results.ts';
import type { Table } from '../ui/table.ts';

/** One model on every task; null where it was not measured. */
export interface AcrossRow {
  label: string;
  /** Its own task, null for the base and the merge. */
  own: number | null;
  values: (number | null)[];
}

/** Every model on every task by one metric: the base, the fine-tunes, the merge. */
export function acrossRows(
  scores: readonly Score[],
  cross: readonly CrossScore[],
  tasks: readonly string[],
  metric: MetricName,
): AcrossRow[] {
  const known = (model: Score['model'], task: string) =>
    scoreOf(scores, model, task, metric)?.value ?? null;
  const other = (model: string, task: string) =>
    cross.find((s) => s.model === model && s.task === task && s.metric === metric)?.value ?? null;
  return [
    { label: 'Base', own: null, values: tasks.map((task) => known('base', task)) },
    ...tasks.map((model, own) => ({
      label: model,
      own,
      values: tasks.map((task, t) => (t === own ? known('finetuned', task) : other(model, task))),
    })),
    { label: 'Merged', own: null, values: tasks.map((task) => known('merged', task)) },
  ];
}

/** Mean over the tasks that are not a model's own; null when one was not measured. */
export function elsewhere({ own, values }: AcrossRow): number | null {
  return meanOfAll(values.filter((_, t) => t !== own));
}

/** What the map says: what fine-tunes are worth on other tasks, against the base and the merge. */
export function acrossTitle(rows: readonly AcrossRow[], metric: MetricName): string {
  const tuned = rows.flatMap((row) => (row.own === null ? [] : (elsewhere(row) ?? [])));
  const [base, merged] = [rows[0], rows.at(-1)].map((row) => row && elsewhere(row));
  const told = (value: number) => formatScore(value, metric);
  const average = mean(tuned);
  if (average === null) return `${capital(metricNames[metric])} of every model on every task`;
  const others = [
    typeof base === 'number' ? `the base ${told(base)}` : '',
    typeof merged === 'number' ? `the merge ${told(merged)}` : '',
  ].filter(Boolean);
  return [`On other tasks, fine-tunes reach ${told(average)}`, ...others].join('; ');
}

export function acrossTable(
  rows: readonly AcrossRow[],
  tasks: readonly string[],
  metric: MetricName,
): Table {
  const score = scoreColumn(metric);
  return {
    columns: [text('Model'), ...tasks.map(score), score('Mean over other tasks')],
    rows: rows.map((row) => [
      row.label,
      ...row.values.map((value) => value ?? ''),
      elsewhere(row) ?? '',
    ]),
  };
}
