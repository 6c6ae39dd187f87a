import { expect, test } from 'vitest';
import { listNames, nearestName } from './wording.ts';

test('lists are cut', () => {
  expect(listNames(['a', 'b'])).toBe('a and b');
  expect(listNames(['a', 'b', 'c', 'd', 'e', 'f', 'g'], 5)).toBe('a, b, c, d, e and 2 more');
});

test('a name nearly right is found, and others are not', () => {
  const names = ['sst2', 'sentiment', 'questions'];
  expect(nearestName('sentimnet', names)).toBe('sentiment');
  expect(nearestName('SST-2', names)).toBe('sst2');
  expect(nearestName('answers', names)).toBeNull();
  expect(nearestName('x'.repeat(5000), names)).toBeNull();
});
