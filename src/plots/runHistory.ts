import type { MetricName, Recipe } from '../recipe/recipe.ts';
import type { RunResult, RunSummary } from '../api/results.ts';
import { formatDate } from '../ui/format.ts';
import { number, share, text } from './columns.ts';
import { ratio } from './numbers.ts';
import { firstMetric, meanScore, metricNames, metricsOf, scoreOf, tasksOf } from './scores.ts';
import type { Table } from '../ui/table.ts';

/** A finished run as the history lists it; null where it was not measured or is not loaded yet. */
export interface HistoryRow {
  id: string;
  recipe: Recipe;
  method: string;
  startedAt: number;
  /** Mean of the merge over tasks, by the first metric. */
  score: number | null;
  metric: MetricName;
  /** Of all weights. */
  changed: number | null;
  /** To find masks and to merge. */
  seconds: number | null;
}

const changedShare = ({ parameters }: RunResult) => ratio(parameters.changed, parameters.total);

export function historyRow(
  { id, recipe, startedAt }: RunSummary,
  method: string,
  result: RunResult | undefined,
): HistoryRow {
  const metric = firstMetric(result?.scores ?? []);
  return {
    id,
    recipe,
    method,
    startedAt,
    metric,
    score: result ? meanScore(result.scores, 'merged', metric) : null,
    changed: result ? changedShare(result) : null,
    seconds: result ? result.seconds.localize + result.seconds.merge : null,
  };
}

/** Runs whose method, models, data or settings hold every word looked for. */
export function searchRuns(rows: readonly HistoryRow[], text: string): HistoryRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(({ method, recipe, startedAt }) => {
    const all = [method, formatDate(startedAt), JSON.stringify(recipe)].join(' ').toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

export function historyTable(rows: readonly HistoryRow[]): Table {
  return {
    columns: [
      ...['Run', 'Started', 'Method', 'Base', 'Models', 'Metric'].map(text),
      number('Mean score'),
      share('Weights changed'),
      number('Seconds'),
    ],
    rows: rows.map(({ id, recipe, method, startedAt, metric, score, changed, seconds }) => [
      id,
      new Date(startedAt).toISOString(),
      method,
      recipe.base_model,
      recipe.models.map(({ model }) => model).join(' '),
      score === null ? '' : metricNames[metric],
      score ?? '',
      changed ?? '',
      seconds ?? '',
    ]),
  };
}

/** A setting that two recipes do not share, by its path; empty where one lacks it. */
export interface Difference {
  path: string;
  values: [string, string];
}

/** The settings in which two recipes differ, in the order in which they are written; models go by their names. */
export function recipeDifferences(a: Recipe, b: Recipe): Difference[] {
  const [left, right] = [settingsOf(a), settingsOf(b)];
  return [...new Set([...left.keys(), ...right.keys()])].flatMap((path) => {
    const values: [string, string] = [left.get(path) ?? '', right.get(path) ?? ''];
    return values[0] === values[1] ? [] : [{ path, values }];
  });
}

function settingsOf({ models, ...recipe }: Recipe): Map<string, string> {
  const named = models.map(({ model, ...rest }) => [model, { in: 'yes', ...rest }]);
  return new Map(flatten({ ...recipe, models: Object.fromEntries(named) as object }, ''));
}

function flatten(value: unknown, path: string): [string, string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [[path, typeof value === 'string' ? value : JSON.stringify(value)]];
  return Object.entries(value).flatMap(([key, inner]) =>
    flatten(inner, path ? `${path}.${key}` : key),
  );
}

/** The merges of two runs task by task, for the tasks and metrics that either has. */
export function pairTable(a: RunResult, b: RunResult, names: readonly [string, string]): Table {
  const metrics = metricsOf([...a.scores, ...b.scores]);
  const rows = metrics.flatMap((metric) => {
    const value = (of: RunResult, task: string) =>
      scoreOf(of.scores, 'merged', task, metric)?.value ?? '';
    const tasks = [...new Set([a, b].flatMap(({ scores }) => tasksOf(scores, metric)))];
    const mean = (of: RunResult) => meanScore(of.scores, 'merged', metric) ?? '';
    return [
      ...tasks.map((task) => [task, metricNames[metric], value(a, task), value(b, task)]),
      ['Mean', metricNames[metric], mean(a), mean(b)],
    ];
  });
  return {
    columns: [text('Measured'), text('As'), ...names.map(number)],
    rows: [...rows, ['Weights changed', 'share', changedShare(a), changedShare(b)]],
  };
}
