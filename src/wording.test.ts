import { expect, it, test } from 'vitest';
import { didYouMean, fewOf, listNames, nearestName } from './wording.ts';

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

const many = [
  'ties',
  'dare_ties',
  'linear',
  ...[...'abcdefghij'].map((letter) => letter.repeat(9)),
];

it('tells few words, and the first of many', () => {
  expect(fewOf(many.slice(0, 12))).toBe(many.slice(0, 12).join(', '));
  expect(fewOf(many)).toBe('ties, dare_ties, linear and 10 more');
});

it.each([
  ['tiess', ' Did you mean ties?'],
  ['dare-ties', ' Did you mean dare_ties?'],
  ['liner', ' Did you mean linear?'],
  ['slerp', ''],
  ['x'.repeat(200), ''],
  [3, ''],
])('of many, the nearest to %j is%s', (met, told) => {
  expect(didYouMean(many, met)).toBe(told);
  expect(didYouMean(many.slice(0, 12), met)).toBe('');
});
