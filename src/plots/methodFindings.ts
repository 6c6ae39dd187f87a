import type { MetricName } from '../recipe/recipe.ts';
import { measureText } from '../ui/table.ts';
import {
  bestOf,
  meanMeasure,
  methodMeasures,
  type MethodRow,
  ranked,
  secondsMeasure,
} from './methodScores.ts';
import { metricNames } from './scores.ts';

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
