import type { MetricName } from '../recipe/recipe.ts';
import { formatList, formatPercent } from '../ui/format.ts';
import type { Score, ScoredModel } from '../api/results.ts';
import type { Table } from '../ui/table.ts';
import { count, scoreColumn, share, text } from './columns.ts';
import { halfInterval, mean } from './numbers.ts';
import { capital } from './resultFigures.ts';

export const scoredNames: Record<ScoredModel, string> = {
  base: 'base',
  finetuned: 'fine-tuned',
  graft: 'graft',
  merged: 'merged',
};

export const scoredModels = Object.keys(scoredNames) as ScoredModel[];

export const metricNames: Record<MetricName, string> = {
  accuracy: 'accuracy',
  f1: 'F1',
  perplexity: 'perplexity',
  exact: 'exact answers',
  mc2: 'MC2',
};

/** A score as on screen: a share in percent, a perplexity as a number. */
export function formatScore(value: number, metric: MetricName): string {
  return metric === 'perplexity' ? value.toFixed(value < 100 ? 2 : 0) : formatPercent(value);
}

/** A score beside an axis, short: "40 %". */
export function scoreTick(y: number, metric: MetricName): string {
  return metric === 'perplexity' ? String(y) : `${Number((100 * y).toPrecision(3))}\u00a0%`;
}

/** The order of scores by a metric in which the best comes first. */
export const bestFirst = (metric: MetricName) =>
  metric === 'perplexity' ? 'ascending' : 'descending';

/** The metrics measured, in their usual order. */
export function metricsOf(scores: readonly Score[]): MetricName[] {
  const all = Object.keys(metricNames) as MetricName[];
  return all.filter((metric) => scores.some((score) => score.metric === metric));
}

/** The metric to show first. */
export const firstMetric = (scores: readonly Score[]): MetricName =>
  metricsOf(scores)[0] ?? 'accuracy';

/** The tasks measured by a metric, in the order of the scores. */
export function tasksOf(scores: readonly Score[], metric: MetricName): string[] {
  return [...new Set(scores.filter((s) => s.metric === metric).map(({ task }) => task))];
}

export function scoreOf(
  scores: readonly Score[],
  model: ScoredModel,
  task: string,
  metric: MetricName,
): Score | null {
  return scores.find((s) => s.model === model && s.task === task && s.metric === metric) ?? null;
}

/** Mean over tasks of one kind of model, null when none was measured. */
export function meanScore(
  scores: readonly Score[],
  model: ScoredModel,
  metric: MetricName,
): number | null {
  const found = scores.filter((s) => s.model === model && s.metric === metric);
  return mean(found.map(({ value }) => value));
}

/** Tasks whose fine-tuned model scores below the base. */
export function belowBase(scores: readonly Score[], metric: MetricName): string[] {
  return tasksOf(scores, metric).filter((task) => {
    const base = scoreOf(scores, 'base', task, metric)?.value;
    const tuned = scoreOf(scores, 'finetuned', task, metric)?.value;
    if (base === undefined || tuned === undefined) return false;
    return metric === 'perplexity' ? tuned > base : tuned < base;
  });
}

/**
 * Mean over tasks of merged / fine-tuned, and of fine-tuned / merged for perplexity, where less is better (normalised
 * accuracy of He et al. 2025, §4), or of another model in place of the merged; null when no task has both, and where a
 * fine-tuned model scores below the base: a share of that says nothing.
 */
export function normalised(
  scores: readonly Score[],
  metric: MetricName,
  model: ScoredModel = 'merged',
): number | null {
  if (belowBase(scores, metric).length) return null;
  const ratios = tasksOf(scores, metric).flatMap((task) => {
    const merged = scoreOf(scores, model, task, metric)?.value;
    const tuned = scoreOf(scores, 'finetuned', task, metric)?.value;
    if (merged === undefined || tuned === undefined) return [];
    const [part, whole] = metric === 'perplexity' ? [tuned, merged] : [merged, tuned];
    return whole > 0 ? part / whole : [];
  });
  return mean(ratios);
}

/**
 * The answer in one sentence: "Stitching keeps 93.0 % of the fine-tuned accuracy", or why there is no share; null without
 * scores.
 */
export function scoresFinding(scores: readonly Score[], masks: boolean): string | null {
  const [metric] = metricsOf(scores);
  const poor = metric ? belowBase(scores, metric) : [];
  if (poor.length) {
    const score = poor.length > 1 ? 'score' : 'scores';
    return `Fine-tuned, ${formatList(poor)} ${score} below the base, so that no share is told`;
  }
  const kept = metric && normalised(scores, metric);
  if (!metric || kept === null || kept === undefined) return null;
  const verb = kept > 1 ? 'reaches' : 'keeps';
  const what = metric === 'perplexity' ? 'fit to text' : metricNames[metric];
  return `${masks ? 'Stitching' : 'Merging'} ${verb} ${formatPercent(kept)} of the fine-tuned ${what}`;
}

/** What the bars of one metric say: the means before and after. */
export function scoresTitle(scores: readonly Score[], metric: MetricName): string {
  const name = metricNames[metric];
  const base = meanScore(scores, 'base', metric);
  const merged = meanScore(scores, 'merged', metric);
  const subject = tasksOf(scores, metric).length > 1 ? `Mean ${name}` : capital(name);
  if (base === null || merged === null) return `${subject} by model`;
  const [from, to] = [formatScore(base, metric), formatScore(merged, metric)];
  if (from === to) return `${subject} stays at ${to}`;
  const verb = merged > base ? 'rises' : 'falls';
  return `${subject} ${verb} from ${from} in the base to ${to} merged`;
}

/** Half the width of the 95 % interval of an accuracy; 0 for other metrics. */
export function scoreInterval({ metric, value, n }: Score): number {
  return metric === 'accuracy' ? halfInterval(value, n) : 0;
}

/** One metric as a table: a row for each task, and their mean. */
export function scoresTable(scores: readonly Score[], metric: MetricName): Table {
  const tasks = tasksOf(scores, metric);
  const models = scoredModels.filter((model) =>
    scores.some((score) => score.model === model && score.metric === metric),
  );
  const rows = tasks.map((task) => {
    const values = models.map((model) => scoreOf(scores, model, task, metric)?.value ?? '');
    const n = scores.find((score) => score.task === task && score.metric === metric)?.n ?? 0;
    const own = scores.filter((score) => score.task === task);
    return [task, metricNames[metric], n, ...values, normalised(own, metric) ?? ''];
  });
  const means = models.map((model) => meanScore(scores, model, metric) ?? '');
  const last = ['Mean', metricNames[metric], '', ...means, normalised(scores, metric) ?? ''];
  return {
    columns: [
      text('Task'),
      text('Metric'),
      count('Examples'),
      ...models.map((model) => scoreColumn(metric)(scoredNames[model])),
      share(metric === 'perplexity' ? 'fine-tuned ÷ merged' : 'merged ÷ fine-tuned'),
    ],
    rows: tasks.length > 1 ? [...rows, last] : rows,
  };
}

/** Every score as it was measured: model, task, metric, value, n. */
export function allScoresTable(scores: readonly Score[]): Table {
  const keys = ['model', 'task', 'metric', 'value', 'n'] as const;
  return { columns: keys.map(text), rows: scores.map((score) => keys.map((key) => score[key])) };
}
