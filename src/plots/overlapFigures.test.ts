import { expect, it } from 'vitest';
import type { Score } from '../api/results.ts';
import {
  densityText,
  meanOverlap,
  overlapPoints,
  ownerCounts,
  ownersFinding,
  ownersTableOf,
  pairFinding,
  pairTable,
} from './overlapFigures.ts';

it('counts who of two masks holds each weight, whoever else does', () => {
  // Bits 0, 2 and 3; asked about 0 and 2.
  const bits = Uint16Array.of(0b0000, 0b0001, 0b0101, 0b1100, 0b1000, 0b0100);
  const counts = ownerCounts({ rows: 2, columns: 3, bits }, 0, 2);
  expect(counts).toEqual({ nobody: 2, first: 1, second: 2, both: 1 });
  expect(ownersFinding(counts)).toBe('25.0\u00a0% of the weights held here are held by both');
  expect(ownersTableOf(counts, ['Digits', 'Cars']).rows).toEqual([
    ['Digits alone', 1, 1 / 6],
    ['Cars alone', 2, 2 / 6],
    ['Both', 1, 1 / 6],
    ['Nobody', 2, 2 / 6],
  ]);
});

it('says so where nobody, or nobody together, holds a weight', () => {
  expect(ownersFinding({ nobody: 9, first: 0, second: 0, both: 0 })).toBe(
    'Nobody holds a weight of this tensor',
  );
  expect(ownersFinding({ nobody: 6, first: 1, second: 1, both: 0 })).toBe(
    'No weight is held by both; 75.0\u00a0% are nobody’s',
  );
});

const point = (density: number, accuracy: number, jaccard = 0) => ({ density, accuracy, jaccard });

it('tells where two tasks do best and what putting everything back costs', () => {
  const rising = [point(0.01, 0.5), point(0.2, 0.8), point(0.4, 0.76)];
  expect(pairFinding(rising.slice(0, 1))).toBe('Overlap and accuracy, density by density');
  expect(pairFinding(rising)).toBe('Best at 20\u00a0%: 80.0\u00a0%');
  expect(pairFinding([...rising, point(1, 0.6)])).toBe(
    'Best at 20\u00a0%: 80.0\u00a0%; with everything put back 60.0\u00a0%',
  );
  expect(pairFinding([...rising, point(1, 0.795)])).toBe(
    'Best at 20\u00a0%: 80.0\u00a0%, and no worse at 100\u00a0%',
  );
  expect(pairFinding([...rising, point(1, 0.9)])).toBe('Best at 100\u00a0%: 90.0\u00a0%');
});

it('lists densities as they are chosen', () => {
  expect([0.005, 0.02, 0.4, 1].map(densityText)).toEqual([
    ...['0.5\u00a0%', '2\u00a0%', '40\u00a0%', '100\u00a0%'],
  ]);
  expect(pairTable([point(0.005, 0.5, 0.1)]).rows).toEqual([['0.5\u00a0%', 0.1, 0.5]]);
});

const merged = (task: string, value: number): Score => ({
  ...{ model: 'merged', task, metric: 'accuracy', value, n: 10 },
});

it('the overlap of masks is the mean over their pairs', () => {
  expect(meanOverlap([4])).toBeNull();
  // Of three masks of 4, 4 and 2: 2 of 6, 1 of 5, 0.
  expect(meanOverlap([4, 2, 1, 2, 4, 0, 1, 0, 2])).toBeCloseTo((2 / 6 + 1 / 5 + 0) / 3, 12);
});

it('points lie by density, and those without every task or without counts are left out', () => {
  const both = [merged('a', 0.5), merged('b', 0.7)];
  const counts = [2, 1, 1, 2];
  const points = overlapPoints([
    { preset: 'p', value: 0.2, scores: both, intersections: counts },
    {
      preset: 'p',
      value: 0.1,
      scores: [merged('a', 0.4), merged('b', 0.4)],
      intersections: [1, 0, 0, 1],
    },
    { preset: 'p', value: 0.3, scores: [merged('a', 0.5)], intersections: counts },
    { preset: 'p', value: 0.4, scores: both },
  ]);
  expect(points.map(({ density, jaccard }) => [density, jaccard])).toEqual([
    [0.1, 0],
    [0.2, 1 / 3],
  ]);
  expect(points.map(({ accuracy }) => accuracy)).toEqual([0.4, 0.6]);
});
