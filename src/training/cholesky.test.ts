import { expect, it } from 'vitest';
import { factorize, solve } from './cholesky.ts';

// 4x + 2y + 2z, 2x + 5y + 3z, 2x + 3y + 6z at (1, 2, 3) and (1, 0, −1).
const matrix = [4, 2, 2, 2, 5, 3, 2, 3, 6];

const breathe = async () => undefined;

it('solves a system with two right sides', async () => {
  const l = Float64Array.from(matrix);
  const sides = Float64Array.from([14, 2, 21, -1, 26, -4]);
  expect(await factorize(l, 3, breathe)).toBe(true);
  await solve(l, 3, sides, 2, breathe);
  [1, 1, 2, 0, 3, -1].forEach((x, i) => expect(sides[i]).toBeCloseTo(x, 12));
});

it.each([
  ['no pivot', [0, 0, 0, 1]],
  ['twice the same direction', [1, 1, 1, 1]],
  ['a negative direction', [1, 2, 2, 1]],
  ['a value that is no number', [NaN, 0, 0, 1]],
])('refuses a matrix with %s', async (_, values) => {
  expect(await factorize(Float64Array.from(values), 2, breathe)).toBe(false);
});
