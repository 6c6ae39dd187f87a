import type { LocalizerInfo } from '../api/localizing.ts';
import { scoreColumn, text } from './columns.ts';
import { formatScore, metricNames, metricsOf, tasksOf } from './scores.ts';
import { measured, type MeasuredPoint } from './studyFigure.ts';
import type { Table } from '../ui/table.ts';
import type { MetricName } from '../recipe/recipe.ts';

/** A mean score over the first x tasks; `half` is half the 95 % interval, 0 where it is not known. */
export interface TasksLine {
  label: string;
  /** The localizer, or null for a level to compare with. */
  preset: string | null;
  points: { x: number; y: number; half: number }[];
}

/** The metric that the most tasks share. */
export function tasksMetric(points: readonly MeasuredPoint[]): MetricName {
  return metricsOf(points.flatMap(({ scores }) => scores))[0] ?? 'accuracy';
}

/** Means over the tasks stitched so far: each localizer's merge, and the fine-tuned models and the base on the same tasks. */
export function tasksLines(
  points: readonly MeasuredPoint[],
  localizers: readonly Pick<LocalizerInfo, 'id' | 'label'>[],
): TasksLine[] {
  const metric = tasksMetric(points);
  const mean = (of: readonly MeasuredPoint[], model: 'base' | 'finetuned' | 'merged') =>
    of
      .flatMap(({ value, scores }) => {
        const found = measured(scores, model, metric, tasksOf(scores, metric));
        return found ? { x: value, ...found } : [];
      })
      .sort((a, b) => a.x - b.x);
  const once = points.filter((point, i) => points.findIndex((p) => p.value === point.value) === i);
  const lines: TasksLine[] = localizers.map(({ id, label }) => ({
    label,
    preset: id,
    points: mean(
      points.filter(({ preset }) => preset === id),
      'merged',
    ),
  }));
  lines.push({ label: 'Fine-tuned', preset: null, points: mean(once, 'finetuned') });
  lines.push({ label: 'Base', preset: null, points: mean(once, 'base') });
  return lines.filter((line) => line.points.length);
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
