import { expect, test } from 'vitest';
import { cells, overviewText, parts, side, signs } from './overview.ts';

test('the clothes stand beside each other, with a sign between each two', () => {
  const places = [parts.base, parts.sum, parts.mask, parts.stitch, parts.files];
  for (const [i, { text, x }] of signs.entries()) {
    const [left, right] = [places[i]!, places[i + 1]!];
    expect(x, text).toBeGreaterThan(left.x + left.columns);
    expect(x, text).toBeLessThan(right.x);
  }
  expect(signs.map(({ text }) => text).join('')).toBe('+×=→');
});

test('the overlap lies in both task vectors, which together are the sum', () => {
  const { vector, sum, overlap } = parts;
  expect(overlap.x + overlap.columns).toBe(vector.x + vector.columns);
  expect(sum.x + sum.columns).toBe(overlap.x + side);
});

test('a mask lets a few of a cloth’s cells pass, of one task, the other, or both', () => {
  expect(cells).toHaveLength(25);
  const owners = cells.map(({ owner }) => owner).filter((owner) => owner !== '.');
  expect(owners.toSorted().join('')).toBe('2aaabbb');
});

test('its words name the part that the lesson is about', () => {
  expect(overviewText('mask')).toBe(
    'The base plus the task vectors, each through its mask, is the stitch, which is saved as files. This lesson is about the mask.',
  );
});
