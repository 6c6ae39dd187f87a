import { expect, it } from 'vitest';
import type { Score } from '../api/results.ts';
import { sortBy } from '../ui/table.ts';
import {
  bestOf,
  failedRow,
  meanTitle,
  methodMeasures,
  methodRow,
  methodTable,
  referenceRows,
  secondsTitle,
  tasksTitle,
} from './methodScores.ts';

const tasks = ['a', 'b'];
const score = (model: Score['model'], task: string, value: number): Score => ({
  ...{ model, task, value, metric: 'accuracy', n: 100 },
});
const references = [
  ...[score('base', 'a', 0.2), score('base', 'b', 0.4)],
  ...[score('finetuned', 'a', 0.8), score('finetuned', 'b', 1)],
];
const run = (a: number, b: number, changed: number, merge: number) => ({
  scores: [...references, score('merged', 'a', a), score('merged', 'b', b)],
  parameters: { total: 200, changed },
  seconds: { localize: 0.5, merge, evaluate: 9 },
});
const row = (id: string, ...of: Parameters<typeof run>) =>
  methodRow({ id, label: id, note: '' }, run(...of), tasks, 'accuracy');
/** A measure of the methods by its label. */
const by = (label: string) =>
  methodMeasures(tasks, 'accuracy').find((each) => each.label === label)!;
const rows = [
  row('X', 0.4, 0.5, 100, 2),
  row('Y', 0.2, 0.9, 20, 1),
  failedRow('Z', 'Z', 'It failed.'),
  ...referenceRows(run(0, 0, 0, 0), tasks, 'accuracy'),
];

it('sums a method up by mean, share of the fine-tuned, weights changed and seconds without scoring', () => {
  expect(rows[0]).toMatchObject({ values: [0.4, 0.5], mean: 0.45, changed: 0.5, seconds: 2.5 });
  expect(rows[0]?.normalised).toBeCloseTo(0.5, 12);
  const [base, tuned] = rows.slice(3);
  expect(base).toMatchObject({ values: [0.2, 0.4], changed: 0, seconds: null });
  expect(base?.normalised).toBeCloseTo((0.25 + 0.4) / 2, 12);
  expect(tuned).toMatchObject({ mean: 0.9, normalised: 1 });
});

it('sorts best first, which is least for changed weights and seconds, and failures last', () => {
  const order = (label: string) => sortBy(rows, by(label)).map(({ id }) => id);
  expect(order('Mean')).toEqual(['finetuned', 'Y', 'X', 'base', 'Z']);
  expect(order('Seconds').slice(0, 2)).toEqual(['Y', 'X']);
  expect(order('a')).toEqual(['finetuned', 'X', 'Y', 'base', 'Z']);
});

it('finds the best of a column among the merges', () => {
  expect(bestOf(rows, by('a'))).toBe(0.4);
  expect(bestOf(rows, by('Weights changed'))).toBe(0.1);
  expect(bestOf([], by('Mean'))).toBeNull();
});

it('says what was found', () => {
  const plain = (text: string) => text.replaceAll('\u00a0', ' ');
  expect(plain(meanTitle(rows, 'accuracy'))).toBe(
    'Y has the best mean accuracy, 55.0 %; next X, 45.0 %',
  );
  expect(tasksTitle(rows, tasks, 'accuracy')).toBe('The best mean, Y, is best on 1 of 2 tasks');
  expect(secondsTitle(rows)).toBe('Y takes 1.50 s, X 2.50 s');
});

it('writes every number, and why one is missing', () => {
  const { columns, rows: cells } = methodTable(rows, tasks, 'accuracy');
  expect(columns.map(({ label }) => label)).toEqual([
    ...['Method', 'Note', 'a', 'b', 'Mean', 'Of fine-tuned', 'Weights changed', 'Seconds'],
  ]);
  expect(cells[1]).toEqual(['Y', '', 0.2, 0.9, 0.55, expect.closeTo(0.575, 12), 0.1, 1.5]);
  expect(cells[2]).toEqual(['Z', 'It failed.', '', '', '', '', '', '']);
});
