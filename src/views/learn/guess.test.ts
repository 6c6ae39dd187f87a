import { expect, test } from 'vitest';
import {
  changeTruth,
  changes,
  gainKept,
  gains,
  gainTruth,
  gainWaiting,
  nearestDensity,
  rangeOf,
  sizes,
} from './guess.ts';

test('a share comes to one option, whatever its size', () => {
  const told = (shares: readonly number[]) => shares.map((share) => rangeOf(gains, share));
  expect(told([-0.2, 0.0999, 0.1, 0.5, 0.6, 0.9, 1.2])).toEqual([
    ...['nothing', 'nothing', 'part', 'most', 'most', 'all', 'all'],
  ]);
  expect([0.01, 0.1, 0.5, 1].map((share) => rangeOf(sizes, share))).toEqual([
    ...['hundredth', 'tenth', 'half', 'whole'],
  ]);
  expect([-0.1, 0, 0.1].map((share) => rangeOf(changes, share))).toEqual([
    ...['falls', 'stays', 'rises'],
  ]);
});

test('the gain is what lies between base and fine-tuned, where there is any', () => {
  expect(gainKept(0.75, 0.5, 1)).toBe(0.5);
  expect(gainKept(0.25, 0.5, 1)).toBe(-0.5);
  expect(gainKept(0.75, 0.5, 0.5)).toBeNull();
  expect(gainKept(null, 0.5, 1)).toBeNull();
  expect(gainWaiting(0.5, 0.5)).toBe('Fine-tuning gained nothing on these tests.');
  expect([gainWaiting(0.5, 1), gainWaiting(null, 0.5)]).toEqual(['Measuring', 'Measuring']);
});

test('the truth is told of what was asked about first, and waits for it', () => {
  const largest = { name: 'the largest changes', kept: 0.146 };
  expect(gainTruth([{ name: 'the search', kept: 0.812 }, largest])).toEqual({
    value: 'most',
    text: 'the search 81.2\u00a0% of the gain, the largest changes 14.6\u00a0% of the gain',
  });
  expect(gainTruth([{ name: 'the search', kept: null }, largest])).toBeNull();
  expect(gainTruth([])).toBeNull();
});

test('other tasks are told by their mean, once all are known', () => {
  expect(changeTruth([0.5, 0.7], [0.4, 0.6])).toEqual({
    value: 'falls',
    text: 'from 60.0\u00a0% to 50.0\u00a0% on average',
  });
  expect(changeTruth([0.5, 0.7], [0.5, 0.71])?.value).toBe('stays');
  expect(changeTruth([0.5, null], [0.4, 0.6])).toBeNull();
  expect(changeTruth([], [])).toBeNull();
});

test('a density comes to the option that it is nearest to by ratio', () => {
  const options = [0.005, 0.05, 0.2, 1];
  expect([0.01, 0.02, 0.1, 0.4, 1].map((density) => nearestDensity(options, density))).toEqual([
    ...[0.005, 0.05, 0.05, 0.2, 1],
  ]);
});
