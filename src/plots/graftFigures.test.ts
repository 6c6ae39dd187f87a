import { expect, test } from 'vitest';
import {
  type GraftLine,
  graftsTable,
  graftsTitle,
  graftTitle,
  reaches,
  shareOf,
} from './graftFigures.ts';

const line = (label: string, shares: readonly [density: number, right: number][]): GraftLine => ({
  label,
  points: shares.map(([density, right]) => ({
    density,
    score: { task: 0, right, n: 100, of: 100 },
  })),
});

const optimised = line('Optimised', [
  [0.01, 75],
  [0.1, 82],
  [1, 90],
]);
const largest = line('Largest change', [
  [0.01, 85],
  [0.1, 40],
  [1, 90],
]);
const random = line('Random', [
  [0.01, 20],
  [0.1, 20],
  [1, 60],
]);

test('a share has a 95 % interval by the normal approximation', () => {
  const { y, half } = shareOf({ task: 0, right: 80, n: 100, of: 100 });
  expect(y).toBe(0.8);
  // 1.96 · √(0.8 · 0.2 / 100)
  expect(half).toBeCloseTo(0.0784, 10);
  expect(shareOf({ task: 0, right: 0, n: 0, of: 0 })).toEqual({ y: 0, half: 0 });
});

test('a line reaches the fine-tuned accuracy where it stays at 90 % of it', () => {
  expect(reaches(optimised, 0.9)).toBe(0.1);
  expect(reaches(largest, 0.9)).toBe(1);
  expect(reaches(random, 0.9)).toBeNull();
});

test('the title of the curves tells the density that each line takes', () => {
  expect(graftsTitle([optimised, largest, random], 0.9)).toBe(
    'Optimised, 90\u00a0% of the fine-tuned accuracy takes 10.0\u00a0% of the weights; largest change 100.0\u00a0%, random more than 100.0\u00a0%',
  );
  expect(graftsTitle([optimised], null)).toBe('Accuracy of the graft by density');
  expect(graftsTitle([line('Optimised', [[0.01, 75]])], 0.9)).toBe(
    'Accuracy of the graft by density',
  );
});

test('the title at the slider names the best graft, whichever it is', () => {
  const bars = [
    { label: 'Optimised', share: 0.6 },
    { label: 'Largest change', share: 0.7 },
    { label: 'Random', share: null },
  ];
  expect(graftTitle(bars, 0.01, 0.5, 0.9)).toBe(
    'At 1.0\u00a0% of the weights, the largest change mask keeps 50.0\u00a0% of the gain, the optimised mask 25.0\u00a0%',
  );
  expect(graftTitle(bars, 0.01, null, 0.9)).toBe('At 1.0\u00a0% of the weights');
});

test('the table has a row for each density measured', () => {
  const { rows } = graftsTable([optimised, line('Random', [[0.1, 20]])], 0.5, 0.9);
  expect(rows).toEqual([
    ['1.0\u00a0%', 0.75, '–', 0.5, 0.9],
    ['10.0\u00a0%', 0.82, 0.2, 0.5, 0.9],
    ['100.0\u00a0%', 0.9, '–', 0.5, 0.9],
  ]);
});
