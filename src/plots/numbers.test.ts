import { describe, expect, it } from 'vitest';
import { halfInterval, mean, meanOfAll, pairsOf } from './numbers.ts';

describe('means', () => {
  it('are null of nothing, and of what is not all known', () => {
    expect([mean([]), mean([1, 2, 6])]).toEqual([null, 3]);
    expect([meanOfAll([]), meanOfAll([1, null]), meanOfAll([1, 2])]).toEqual([null, null, 1.5]);
  });
});

it('an interval narrows with n', () => {
  expect(halfInterval(0.5, 100)).toBeCloseTo(0.098, 12);
  expect(halfInterval(0.5, 0)).toBe(0);
});

it('pairs are the cells above the diagonal', () => {
  expect(pairsOf([1, 2, 3, 4, 5, 6, 7, 8, 9])).toEqual([
    { value: 2, i: 0, j: 1 },
    { value: 3, i: 0, j: 2 },
    { value: 6, i: 1, j: 2 },
  ]);
});
