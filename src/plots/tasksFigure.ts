import type { LocalizerInfo } from '../api/localizing.ts';
import { scoreColumn, text } from './columns.ts';
import { firstMetric, formatScore, metricNames } from './scores.ts';
import { type MeasuredPoint, meanPoints, type StudyLine, studyLines } from './studyFigure.ts';
import type { Table } from '../ui/table.ts';
import type { MetricName } from '../recipe/recipe.ts';

/** A mean score over the first x tasks. */
export interface TasksLine extends Omit<StudyLine, 'preset'> {
  /** The localizer, or null for a level to compare with. */
  preset: string | null;
}

/** Means over the tasks stitched so far: each localizer's merge, and the fine-tuned models and the base on the same tasks. */
export function tasksLines(
  points: readonly MeasuredPoint[],
  localizers: readonly Pick<LocalizerInfo, 'id' | 'label'>[],
): TasksLine[] {
  const metric = firstMetric(points.flatMap(({ scores }) => scores));
  const once = points.filter((point, i) => points.findIndex((p) => p.value === point.value) === i);
  return [
    ...studyLines(points, localizers, { model: 'merged', metric }),
    { label: 'Fine-tuned', preset: null, points: meanPoints(once, 'finetuned', metric) },
    { label: 'Base', preset: null, points: meanPoints(once, 'base', metric) },
  ].filter((line) => line.points.length);
}

/** What each task more costs: the share of the fine-tuned mean that the merge keeps with few tasks and with many. */
export function tasksTitle(lines: readonly TasksLine[], main: string, metric: MetricName): string {
  const line = lines.find(({ preset }) => preset === main) ?? lines[0];
  const [first, last] = [line?.points[0], line?.points.at(-1)];
  if (!first || !last) return `Mean ${metricNames[metric]} by number of tasks`;
  const text = (y: number) => formatScore(y, metric);
  const start = `${text(first.y)} with ${first.x === 1 ? 'one task' : `${first.x} tasks`}`;
  if (first === last) return `Mean ${metricNames[metric]} is ${start}`;
  const verb = last.y > first.y ? 'rises' : 'falls';
  return `Mean ${metricNames[metric]} ${verb} from ${start} to ${text(last.y)} with ${last.x}`;
}

/** A row for each number of tasks. */
export function tasksTable(
  lines: readonly TasksLine[],
  tasks: readonly string[],
  metric: MetricName,
): Table {
  const xs = [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))].sort(
    (a, b) => a - b,
  );
  return {
    columns: [
      text('Tasks'),
      text('Last task'),
      ...lines.map(({ label }) => scoreColumn(metric)(label)),
    ],
    rows: xs.map((x) => [
      String(x),
      tasks[x - 1] ?? '',
      ...lines.map(({ points }) => points.find((point) => point.x === x)?.y ?? ''),
    ]),
  };
}
