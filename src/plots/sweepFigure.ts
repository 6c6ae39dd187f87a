import type { MetricName } from '../recipe/recipe.ts';
import { pathName, type SweptRecipe, valuesLabel } from '../recipe/sweep.ts';
import type { Score } from '../api/results.ts';
import { scoreColumn, text } from './columns.ts';
import { sortRows } from '../ui/table.ts';
import { bestFirst, formatScore, metricNames } from './scores.ts';
import { type MeanPoint, measured } from './studyFigure.ts';
import type { Table } from '../ui/table.ts';

/** One recipe of a sweep, measured. */
export interface SweepPoint extends Pick<SweptRecipe, 'values' | 'way'> {
  scores: readonly Score[];
}

/** Mean merged scores over the swept numbers; one line for each way to merge, and combination of the other values. */
export interface SweepLines {
  /** The path of x, null where no number takes two values. */
  path: string | null;
  lines: { label: string; points: MeanPoint[] }[];
}

/** The path with the most numbers is x. */
export function sweepLines(
  points: readonly SweepPoint[],
  metric: MetricName,
  tasks: readonly string[],
): SweepLines {
  const paths = Object.keys(points[0]?.values ?? {});
  const counted = paths
    .map((path) => ({ path, values: new Set(points.map(({ values }) => values[path])) }))
    .filter(({ values }) => values.size > 1 && [...values].every((v) => typeof v === 'number'))
    .sort((a, b) => b.values.size - a.values.size);
  const path = counted[0]?.path ?? null;
  if (path === null) return { path, lines: [] };
  const lines = new Map<string, MeanPoint[]>();
  for (const { values, way, scores } of points) {
    const score = measured(scores, 'merged', metric, tasks);
    if (!score) continue;
    const { [path]: x, ...others } = values;
    const label = [way, valuesLabel(others)].filter(Boolean).join(', ');
    lines.set(label, [...(lines.get(label) ?? []), { x: Number(x), ...score }]);
  }
  return {
    path,
    lines: [...lines].map(([label, of]) => ({
      label: label || 'merged',
      points: of.toSorted((a, b) => a.x - b.x),
    })),
  };
}

/** What the sweep says: where the mean is best. */
export function sweepTitle({ path, lines }: SweepLines, metric: MetricName): string {
  const all = lines.flatMap(({ label, points }) => points.map((point) => ({ label, ...point })));
  const [best] = sortRows(all, ({ y }) => y, bestFirst(metric));
  const name = metricNames[metric];
  if (!best || path === null) return `Mean ${name} over the sweep`;
  const where = `${pathName(path)} ${best.x}${lines.length > 1 ? `, ${best.label}` : ''}`;
  return `Mean ${name} is best, ${formatScore(best.y, metric)}, at ${where}`;
}

/** A row for each recipe, its values first. */
export function sweepTable(
  points: readonly SweepPoint[],
  metric: MetricName,
  tasks: readonly string[],
): Table {
  const paths = Object.keys(points[0]?.values ?? {});
  const ways = points.some(({ way }) => way);
  return {
    columns: [...(ways ? ['way'] : []), ...paths]
      .map(text)
      .concat([...tasks, 'Mean'].map(scoreColumn(metric))),
    rows: points.map(({ values, way, scores }) => [
      ...(ways ? [way] : []),
      ...paths.map((path) => String(values[path] ?? '')),
      ...tasks.map((task) => measured(scores, 'merged', metric, [task])?.y ?? ''),
      measured(scores, 'merged', metric, tasks)?.y ?? '',
    ]),
  };
}
