import type { MetricName } from '../recipe/recipe.ts';
import { bestOf, type MethodRow, methodText, ranked } from './methodScores.ts';
import { formatScore, metricNames } from './scores.ts';

/** What the means say: the best, and the next. */
export function meanTitle(rows: readonly MethodRow[], metric: MetricName): string {
  const [best, next] = ranked(rows, 'mean', metric);
  const name = metricNames[metric];
  if (!best) return `Mean ${name} by method`;
  const text = ({ mean }: MethodRow) => formatScore(mean ?? 0, metric);
  const other = next ? `; next ${next.label}, ${text(next)}` : '';
  return `${best.label} has the best mean ${name}, ${text(best)}${other}`;
}

/** What the lines over tasks say: on how many the best mean is best, too. */
export function tasksTitle(
  rows: readonly MethodRow[],
  tasks: readonly string[],
  metric: MetricName,
): string {
  const [best] = ranked(rows, 'mean', metric);
  if (!best) return `${metricNames[metric]} by task`;
  const first = tasks.filter((_, t) => best.values[t] === bestOf(rows, t, metric)).length;
  const where = first === tasks.length ? 'every task' : `${first} of ${tasks.length} tasks`;
  return `The best mean, ${best.label}, is best on ${where}`;
}

/** What the times say: the fastest and the slowest. */
export function secondsTitle(rows: readonly MethodRow[], metric: MetricName): string {
  const sorted = ranked(rows, 'seconds', metric);
  const [fastest, slowest] = [sorted[0], sorted.at(-1)];
  if (!fastest || !slowest || fastest === slowest) return 'Seconds to merge';
  const text = ({ seconds }: MethodRow) => `${methodText(seconds, 'seconds', metric)} s`;
  return `${fastest.label} takes ${text(fastest)}, ${slowest.label} ${text(slowest)}`;
}
