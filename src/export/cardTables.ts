import type { RunResult, ScoredModel, TensorStats } from '../api/results.ts';
import type { DensityOf, MetricName } from '../recipe/recipe.ts';
import { escapeMarkdown, markdownTable } from './markdown.ts';

/** What a card says of a finished run. */
export interface CardResult extends Pick<
  RunResult,
  'models' | 'parameters' | 'density' | 'owners' | 'scores' | 'general' | 'remarks'
> {
  tensors: readonly Pick<TensorStats, 'component' | 'elements' | 'kept'>[];
}

const columns: readonly [ScoredModel, string][] = [
  ['base', 'Base'],
  ['finetuned', 'Fine-tuned'],
  ['graft', 'Graft'],
  ['merged', 'Merged'],
];

const metricLabels: Record<MetricName, string> = {
  accuracy: 'accuracy',
  f1: 'F1',
  perplexity: 'perplexity',
  exact: 'exact answers',
  mc2: 'MC2',
};

/** Scores of base, fine-tuned, graft and merged model on every task, and the share of weights changed. */
export function measuredSection(result: CardResult): string[] {
  const { total, changed } = result.parameters;
  const share = `${count(changed)} of ${count(total)} parameters (${percent(changed, total)}) differ from the base.`;
  const { models, scores, general = [] } = result;
  const names = [...new Set(general.map(({ task }) => task))];
  const tables = [
    ...(scores.length > 0 ? [scoreTable({ models, scores })] : []),
    ...(general.length > 0
      ? ['Tasks that no model was tuned for:', scoreTable({ models: names, scores: general })]
      : []),
  ];
  if (tables.length === 0) return ['## Measured', `${share} No task was measured.`];
  return ['## Measured', share, ...tables];
}

type Scored = Pick<CardResult, 'models' | 'scores'>;

function scoreTable(scored: Scored): string {
  const metrics = [...new Set(scored.scores.map(({ metric }) => metric))];
  const kinds = columns.filter(([kind]) => scored.scores.some(({ model }) => model === kind));
  const rows = metrics.flatMap((metric) => scoreRows(scored, metric, kinds));
  const head = ['Task', 'Metric', ...kinds.map(([, label]) => label), 'Examples'];
  return markdownTable(head, rows, 2);
}

/** What the run remarked, such as values that are not finite. */
export function remarkSection({ remarks }: CardResult): string[] {
  if (remarks.length === 0) return [];
  return ['## Remarks', remarks.map(({ text }) => `- ${escapeMarkdown(text)}`).join('\n')];
}

function scoreRows(
  { models, scores }: Scored,
  metric: MetricName,
  kinds: readonly [ScoredModel, string][],
): string[][] {
  const of = (task: string, kind: ScoredModel) =>
    scores.find((s) => s.task === task && s.model === kind && s.metric === metric);
  const tasks = models.filter((task) => kinds.some(([kind]) => of(task, kind)));
  const rows = tasks.map((task) => [
    escapeMarkdown(task),
    metricLabels[metric],
    ...kinds.map(([kind]) => formatScore(of(task, kind)?.value, metric)),
    count(kinds.flatMap(([kind]) => of(task, kind)?.n ?? [])[0] ?? 0),
  ]);
  if (tasks.length < 2) return rows;
  const means = kinds.map(([kind]) => {
    const values = tasks.flatMap((task) => of(task, kind)?.value ?? []);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return formatScore(values.length === tasks.length ? mean : undefined, metric);
  });
  return [...rows, ['Mean', metricLabels[metric], ...means, '']];
}

function formatScore(value: number | undefined, metric: MetricName): string {
  if (value === undefined) return '–';
  return metric === 'perplexity' ? value.toFixed(2) : `${(100 * value).toFixed(1)} %`;
}

/** How many weights come from which task, in all and by component; `masked` methods let a task own few of them. */
export function contributionSection(
  result: CardResult,
  masked: boolean,
  whole: DensityOf = 'scope',
): string[] {
  const { models, density, owners, parameters, tensors } = result;
  const totals = models.map((_, m) => tensors.reduce((sum, { kept }) => sum + (kept[m] ?? 0), 0));
  const owned = masked ? 'Weights owned' : 'Weights taken part in';
  const tasks = models.map((name, m) => [
    escapeMarkdown(name),
    count(totals[m] ?? 0),
    percent(density[m] ?? 0, 1),
    ...(whole === 'model' ? [percent(totals[m] ?? 0, parameters.total)] : []),
  ]);
  const densities = whole === 'model' ? ['Density in scope', 'Of all parameters'] : ['Density'];
  const alone = owners[1] ?? 0;
  const shared = owners.slice(2).reduce((sum, size) => sum + size, 0);
  const sharing = `Of ${count(parameters.scope)} weights in scope, one task alone holds ${count(alone)}, several hold ${count(shared)}; the others stay as in the base.`;
  const parts = [...new Set(tensors.map(({ component }) => component))].map((component) => {
    const own = tensors.filter((tensor) => tensor.component === component);
    const sum = (pick: (tensor: (typeof own)[number]) => number) =>
      own.reduce((all, tensor) => all + pick(tensor), 0);
    return [
      escapeMarkdown(component),
      count(sum(({ elements }) => elements)),
      ...models.map((_, m) => count(sum(({ kept }) => kept[m] ?? 0))),
    ];
  });
  const byPart = markdownTable(['Component', 'In scope', ...models.map(escapeMarkdown)], parts);
  return [
    '## Who contributed what',
    markdownTable(['Task', owned, ...densities], tasks),
    sharing,
    ...(parts.length > 0 ? [byPart] : []),
  ];
}

const count = (value: number) => value.toLocaleString('en');

function percent(part: number, whole: number): string {
  const share = (100 * part) / Math.max(1, whole);
  if (share > 0 && share < 0.05) return '< 0.1 %';
  if (share < 100 && share >= 99.95) return '> 99.9 %';
  return `${share.toFixed(1)} %`;
}
