import { expect, it } from 'vitest';
import type { LabTask } from '../api/lab.ts';
import { type LiveRow, liveRows, liveTable, liveTitle, seenNote } from './liveBars.ts';

const task = (label: string, general = false): LabTask => ({
  ...{ id: label.toLowerCase(), label, about: '', labels: ['a', 'b'], input: 'images' },
  ...{ tests: 200, shots: 8, general },
});
const tasks = [task('Digits'), task('Cars'), task('Shapes', true)];
const score = (number: number, right: number, n: number, of = 200) => ({
  ...{ task: number, right, n, of },
});

const row = (label: string, values: Partial<LiveRow>): LiveRow => ({
  ...{ label, slot: 0, now: null, half: 0, before: null, base: null, tuned: null, trained: true },
  ...values,
});

it('takes shares from counts, and leaves unknown what was not scored', () => {
  const live = { now: [score(0, 80, 100)], before: [score(0, 190, 200)] };
  const base = [score(0, 60, 200), score(2, 100, 200)];
  const references = { base, tuned: [score(0, 180, 200)] };
  const [digits, shapes] = liveRows(tasks, [4, 5, 6], live, references, [0, 2]);
  expect(digits).toMatchObject({
    ...{ label: 'Digits', slot: 4, now: 0.8, before: 0.95, base: 0.3, tuned: 0.9 },
  });
  // 1.96 · √(0.8 · 0.2 / 100)
  expect(digits?.half).toBeCloseTo(0.0784, 6);
  expect(shapes).toEqual(row('Shapes', { slot: 6, base: 0.5, trained: false }));
});

it('names the task that moved most since the last setting', () => {
  const cars = row('Cars', { now: 0.52, before: 0.5, tuned: 0.9 });
  const digits = row('Digits', { now: 0.61, before: 0.971, tuned: 0.971 });
  expect(liveTitle([cars, digits])).toBe('Digits falls from 97.1\u00a0% to 61.0\u00a0%');
  expect(liveTitle([cars, { ...digits, now: 0.965 }])).toBe(
    'Cars rises from 50.0\u00a0% to 52.0\u00a0%',
  );
});

it('tells the mean of the fine-tuned tasks where nothing moved', () => {
  const rows = [
    row('Digits', { now: 0.6, before: 0.604, tuned: 0.9 }),
    row('Cars', { now: 0.4, tuned: 0.8 }),
    row('Shapes', { now: 0.9, trained: false }),
  ];
  expect(liveTitle(rows)).toBe('The tasks are on average at 50.0\u00a0%, fine-tuned 85.0\u00a0%');
  expect(liveTitle(rows.slice(1, 2))).toBe('Cars is at 40.0\u00a0%, fine-tuned 80.0\u00a0%');
  const unsure = [...rows.slice(0, 1), { ...rows[1]!, tuned: null }];
  expect(liveTitle(unsure)).toBe('The tasks are on average at 50.0\u00a0%');
  expect(liveTitle([row('Cars', {})])).toBe('Accuracy of each task');
});

it('says how far scoring is', () => {
  expect(seenNote([])).toBe('Scoring the first examples');
  expect(seenNote([score(0, 1, 40), score(1, 2, 60, 1000)])).toBe('100 of 1,200 examples so far');
  expect(seenNote([score(0, 1, 200), score(1, 2, 1000, 1000)])).toBe('On all 1,200 test examples');
});

it('shows a dash in the table for what is unknown', () => {
  expect(liveTable([row('Cars', { now: 0.5, base: 0.25 })]).rows).toEqual([
    ['Cars', 0.5, '–', 0.25, '–'],
  ]);
});
