import { expect, test } from 'vitest';
import type { Score } from '../api/results.ts';
import { tasksLines, tasksTable, tasksTitle } from './tasksFigure.ts';

const score = (model: Score['model'], task: string, value: number): Score => ({
  ...{ model, task, metric: 'accuracy', value, n: 100 },
});
const of = (task: string, tuned: number, merged: number) => [
  ...[score('base', task, 0.2), score('finetuned', task, tuned), score('merged', task, merged)],
];
const points = [
  { preset: 'scaled', value: 2, scores: [...of('a', 0.9, 0.8), ...of('b', 0.7, 0.4)] },
  { preset: 'scaled', value: 1, scores: of('a', 0.9, 0.9) },
];
const lines = tasksLines(points, [{ id: 'scaled', label: 'Scaled' }]);
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

test('each number of tasks has the mean over the tasks stitched by then', () => {
  expect(lines.map(({ label }) => label)).toEqual(['Scaled', 'Fine-tuned', 'Base']);
  const [scaled, tuned, base] = lines.map((line) => line.points.map(({ x, y }) => [x, y]));
  expect(scaled).toEqual([
    [1, 0.9],
    [2, expect.closeTo(0.6, 12)],
  ]);
  expect(tuned).toEqual([
    [1, 0.9],
    [2, 0.8],
  ]);
  expect(base).toEqual([
    [1, 0.2],
    [2, 0.2],
  ]);
});

test('the title and the table tell the same numbers', () => {
  expect(plain(tasksTitle(lines, 'scaled', 'accuracy'))).toBe(
    'Mean accuracy falls from 90.0 % with one task to 60.0 % with 2',
  );
  const { rows } = tasksTable(lines, ['a', 'b'], 'accuracy');
  expect(rows[1]?.slice(0, 2)).toEqual(['2', 'b']);
  expect(rows[1]?.[2]).toBeCloseTo(0.6, 12);
});
