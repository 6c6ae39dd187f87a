import { expect, test } from 'vitest';
import type { CrossScore, Score } from '../api/results.ts';
import { acrossRows, acrossTitle, elsewhere } from './acrossTasks.ts';

const score = (model: Score['model'], task: string, value: number): Score => ({
  ...{ model, task, metric: 'accuracy', value, n: 10 },
});
const cross = (model: string, task: string, value: number): CrossScore => ({
  ...{ model, task, metric: 'accuracy', value, n: 10 },
});
const scores = ['a', 'b', 'c'].flatMap((task) => [
  ...[score('base', task, 0.5), score('finetuned', task, 0.9), score('merged', task, 0.8)],
]);
const rows = acrossRows(
  scores,
  [
    ...[cross('a', 'b', 0.2), cross('a', 'c', 0.4), cross('b', 'a', 0.3), cross('b', 'c', 0.3)],
    ...[cross('c', 'a', 0.1)],
  ],
  ['a', 'b', 'c'],
  'accuracy',
);

test('each model has a row, its own task on the diagonal', () => {
  expect(rows.map(({ label }) => label)).toEqual(['Base', 'a', 'b', 'c', 'Merged']);
  expect(rows[1]?.values).toEqual([0.9, 0.2, 0.4]);
  expect(rows[3]?.values).toEqual([0.1, null, 0.9]);
});

test('a model is judged by the tasks that are not its own, once all of them are measured', () => {
  expect(rows.map(elsewhere)).toEqual([
    0.5,
    expect.closeTo(0.3, 12),
    0.3,
    null,
    expect.closeTo(0.8, 12),
  ]);
  expect(acrossTitle(rows, 'accuracy').replaceAll('\u00a0', ' ')).toBe(
    'On other tasks, fine-tunes reach 30.0 %; the base 50.0 %; the merge 80.0 %',
  );
});
