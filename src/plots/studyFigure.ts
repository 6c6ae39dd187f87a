import type { MetricName } from '../recipe/recipe.ts';
import type { LocalizerInfo } from '../api/localizing.ts';
import type { Score, ScoredModel } from '../api/results.ts';
import { count, scoreColumn, share, text } from './columns.ts';
import { mean } from './numbers.ts';
import { scoredNames, scoreInterval, scoreOf, tasksOf } from './scores.ts';
import type { Table } from '../ui/table.ts';

/** What a study varies: the share of the scope in each mask (0 … 1), the examples per class, or the number of tasks. */
export type StudyAxis = 'density' | 'shots' | 'tasks';

/** Scores of one localizer at one value of the axis. */
export interface MeasuredPoint {
  preset: string;
  value: number;
  scores: readonly Score[];
  /** Positions that masks share, row-major n × n. */
  intersections?: readonly number[];
}

/** What a figure of a study shows. */
export interface StudyView {
  axis: StudyAxis;
  model: Extract<ScoredModel, 'graft' | 'merged'>;
  metric: MetricName;
  /** One task, or the mean over all: null. */
  task: string | null;
}

/** A score, mean or not, over x; `half` is half the 95 % interval, 0 where it is not known. */
export interface MeanPoint {
  x: number;
  y: number;
  half: number;
}

/** One localizer's scores, by rising x. */
export interface StudyLine {
  preset: string;
  label: string;
  points: MeanPoint[];
}

/** The tasks of a study by one metric. */
export function studyTasks(points: readonly MeasuredPoint[], metric: MetricName): string[] {
  return [...new Set(points.flatMap(({ scores }) => tasksOf(scores, metric)))];
}

/** One model's score, or its mean over tasks; null unless every task was measured. */
export function measured(
  scores: readonly Score[],
  model: ScoredModel,
  metric: MetricName,
  tasks: readonly string[],
): { y: number; half: number } | null {
  const found = tasks.flatMap((task) => scoreOf(scores, model, task, metric) ?? []);
  if (!found.length || found.length < tasks.length) return null;
  const y = mean(found.map(({ value }) => value)) ?? 0;
  return { y, half: Math.hypot(...found.map(scoreInterval)) / found.length };
}

/** Means of one model over these tasks, else over those that each point has, by rising x; points without one of them are left out. */
export function meanPoints(
  points: readonly MeasuredPoint[],
  model: ScoredModel,
  metric: MetricName,
  tasks?: readonly string[],
): MeanPoint[] {
  return points
    .flatMap(({ value, scores }) => {
      const score = measured(scores, model, metric, tasks ?? tasksOf(scores, metric));
      return score ? { x: value, ...score } : [];
    })
    .sort((a, b) => a.x - b.x);
}

/** The means of each localizer as a line, in their order, as far as it has points. */
export function studyLines(
  points: readonly MeasuredPoint[],
  localizers: readonly Pick<LocalizerInfo, 'id' | 'label'>[],
  { model, metric }: Pick<StudyView, 'model' | 'metric'>,
  tasks?: readonly string[],
): StudyLine[] {
  return localizers
    .map(({ id, label }) => {
      const own = points.filter(({ preset }) => preset === id);
      return { preset: id, label, points: meanPoints(own, model, metric, tasks) };
    })
    .filter((line) => line.points.length);
}

/** Levels to compare with: the base and the fine-tuned models, as far as all of these tasks were measured. */
export function levelsOf(
  points: readonly { scores: readonly Score[] }[],
  metric: MetricName,
  tasks: readonly string[],
): { label: string; y: number }[] {
  return (['base', 'finetuned'] as const).flatMap((model) => {
    const [level] = points.flatMap(({ scores }) => measured(scores, model, metric, tasks) ?? []);
    return level ? { label: scoredNames[model], y: level.y } : [];
  });
}

/** A value of the axis, short: "0.5 %", "16". */
export function formatX(axis: StudyAxis, x: number): string {
  return axis === 'density' ? `${Number((100 * x).toPrecision(3))}\u00a0%` : String(x);
}

/** Every number of a study by one metric: a row for each point and task. */
export function studyTable(
  points: readonly MeasuredPoint[],
  localizers: readonly Pick<LocalizerInfo, 'id' | 'label'>[],
  { axis, metric }: StudyView,
): Table {
  const models = ['base', 'finetuned', 'graft', 'merged'] as const;
  const tasks = studyTasks(points, metric);
  const rows = localizers.flatMap(({ id, label }) =>
    points
      .filter(({ preset }) => preset === id)
      .toSorted((a, b) => a.value - b.value)
      .flatMap(({ value, scores }) => {
        const row = (task: string, of: readonly string[]) => [
          label,
          value,
          task,
          scores.find((s) => of.length === 1 && s.task === task && s.metric === metric)?.n ?? '',
          ...models.map((model) => measured(scores, model, metric, of)?.y ?? ''),
        ];
        const each = tasks.map((task) => row(task, [task]));
        return tasks.length > 1 ? [...each, row('Mean', tasks)] : each;
      }),
  );
  return {
    columns: [
      text('Localizer'),
      axis === 'density' ? share('Density') : count('Examples per class'),
      text('Task'),
      count('Examples'),
      ...['Base', 'Fine-tuned', 'Graft', 'Merged'].map(scoreColumn(metric)),
    ],
    rows,
  };
}

/** Every score of a study as it was measured. */
export function studyJson(points: readonly MeasuredPoint[], axis: StudyAxis) {
  const rows = points.map(({ preset, value, scores }) => ({ preset, [axis]: value, scores }));
  return { varied: axis, points: rows };
}
