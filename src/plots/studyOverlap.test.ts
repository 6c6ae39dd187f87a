import { expect, test } from 'vitest';
import type { Score } from '../api/results.ts';
import { meanOverlap, overlapPoints } from './studyOverlap.ts';

const merged = (task: string, value: number): Score => ({
  ...{ model: 'merged', task, metric: 'accuracy', value, n: 10 },
});

test('the overlap of masks is the mean over their pairs', () => {
  expect(meanOverlap([4])).toBeNull();
  // Of three masks of 4, 4 and 2: 2 of 6, 1 of 5, 0.
  expect(meanOverlap([4, 2, 1, 2, 4, 0, 1, 0, 2])).toBeCloseTo((2 / 6 + 1 / 5 + 0) / 3, 12);
});

test('points lie by density, and those without every task or without counts are left out', () => {
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
