import type { MetricName } from '../recipe/recipe.ts';
import { formatPercent } from '../ui/format.ts';
import type { Score, ScoredModel } from '../api/results.ts';
import { csvText, type Table } from '../ui/table.ts';

export const scoredModels = [
  'base',
  'finetuned',
  'graft',
  'merged',
] as const satisfies ScoredModel[];

export const scoredNames: Record<ScoredModel, string> = {
  base: 'base',
  finetuned: 'fine-tuned',
  graft: 'graft',
  merged: 'merged',
};

export const metricNames: Record<MetricName, string> = {
  accuracy: 'accuracy',
  f1: 'F1',
  perplexity: 'perplexity',
  mc2: 'MC2',
};

/** A score as on screen: a share in percent, a perplexity as a number. */
export function formatScore(value: number, metric: MetricName): string {
  return metric === 'perplexity' ? value.toFixed(value < 100 ? 2 : 0) : formatPercent(value);
}

/** The metrics measured, in their usual order. */
export function metricsOf(scores: readonly Score[]): MetricName[] {
  const all = Object.keys(metricNames) as MetricName[];
  return all.filter((metric) => scores.some((score) => score.metric === metric));
}

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
  const values = scores.filter((s) => s.model === model && s.metric === metric);
  return values.length ? values.reduce((sum, s) => sum + s.value, 0) / values.length : null;
}

/**
 * Mean over tasks of merged / fine-tuned, and of fine-tuned / merged for perplexity, where less is better (normalised
 * accuracy of He et al. 2025, §4); null when no task has both.
 */
export function normalised(scores: readonly Score[], metric: MetricName): number | null {
  const ratios = tasksOf(scores, metric).flatMap((task) => {
    const merged = scoreOf(scores, 'merged', task, metric)?.value;
    const tuned = scoreOf(scores, 'finetuned', task, metric)?.value;
    if (merged === undefined || tuned === undefined) return [];
    const [part, whole] = metric === 'perplexity' ? [tuned, merged] : [merged, tuned];
    return whole > 0 ? part / whole : [];
  });
  return ratios.length ? ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length : null;
}

/** The answer in one sentence: "Stitching keeps 93.0 % of the fine-tuned accuracy"; null without scores. */
export function scoresFinding(scores: readonly Score[], masks: boolean): string | null {
  const [metric] = metricsOf(scores);
  const share = metric && normalised(scores, metric);
  if (!metric || share === null || share === undefined) return null;
  const verb = share > 1 ? 'reaches' : 'keeps';
  const what = metric === 'perplexity' ? 'fit to text' : metricNames[metric];
  return `${masks ? 'Stitching' : 'Merging'} ${verb} ${formatPercent(share)} of the fine-tuned ${what}`;
}

/** What the bars of one metric say: the means before and after. */
export function scoresTitle(scores: readonly Score[], metric: MetricName): string {
  const name = metricNames[metric];
  const mean = (model: ScoredModel) => meanScore(scores, model, metric);
  const [base, merged] = [mean('base'), mean('merged')];
  const on = tasksOf(scores, metric).length > 1 ? 'Mean ' : '';
  if (base === null || merged === null)
    return `${on}${name} by model`.replace(/^./, (c) => c.toUpperCase());
  const [from, to] = [formatScore(base, metric), formatScore(merged, metric)];
  if (from === to) return `${on || ''}${name} stays at ${to}`.replace(/^./, (c) => c.toUpperCase());
  const verb = merged > base ? 'rises' : 'falls';
  return `${on}${name} ${verb} from ${from} in the base to ${to} merged`.replace(/^./, (c) =>
    c.toUpperCase(),
  );
}

/** Half the width of the 95 % interval of a share measured on n examples (normal approximation); 0 for other metrics. */
export function halfInterval({ metric, value, n }: Score): number {
  return metric === 'accuracy' && n > 0 ? 1.96 * Math.sqrt((value * (1 - value)) / n) : 0;
}

/** One metric as a table: a row for each task, and their mean. */
export function scoresTable(scores: readonly Score[], metric: MetricName): Table {
  const kind = metric === 'perplexity' ? ('number' as const) : ('share' as const);
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
  const mean = ['Mean', metricNames[metric], '', ...means, normalised(scores, metric) ?? ''];
  return {
    columns: [
      { label: 'Task', kind: 'text' },
      { label: 'Metric', kind: 'text' },
      { label: 'Examples', kind: 'count' },
      ...models.map((model) => ({ label: scoredNames[model], kind })),
      {
        label: metric === 'perplexity' ? 'fine-tuned ÷ merged' : 'merged ÷ fine-tuned',
        kind: 'share',
      },
    ],
    rows: tasks.length > 1 ? [...rows, mean] : rows,
  };
}

/** Every score as it was measured, for a CSV: model, task, metric, value, n. */
export function scoresCsv(scores: readonly Score[]): string {
  const keys = ['model', 'task', 'metric', 'value', 'n'] as const;
  return csvText({
    columns: keys.map((label) => ({ label, kind: 'text' })),
    rows: scores.map((score) => keys.map((key) => score[key])),
  });
}

/** The scores as headless runs print them. */
export function scoresJson(scores: readonly Score[]): string {
  return `${JSON.stringify({ scores }, null, 2)}\n`;
}
