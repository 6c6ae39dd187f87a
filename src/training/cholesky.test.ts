import { expect, it } from 'vitest';
import { mulberry32 } from '../data/random.ts';
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

it.each([1, 8, 67, 130])('solves %i equations with five right sides', async (n) => {
  const random = mulberry32(n);
  const x = Float64Array.from({ length: n * 5 }, () => random() - 0.5);
  const half = Float64Array.from({ length: n * n }, () => random() - 0.5);
  const times = (a: Float64Array, b: Float64Array, columns: number, turned = false) =>
    Float64Array.from({ length: n * columns }, (_, at) => {
      const [i, c] = [Math.floor(at / columns), at % columns];
      let sum = 0;
      for (let k = 0; k < n; k++) sum += a[i * n + k]! * b[turned ? c * n + k : k * columns + c]!;
      return sum;
    });
  const a = times(half, half, n, true).map((value, at) => value + (at % (n + 1) === 0 ? 1 : 0));
  const sides = times(a, x, 5);
  const before = a.slice();
  expect(await factorize(a, n, breathe)).toBe(true);
  for (let i = 0; i < n; i++)
    expect(a.subarray(i * n + i + 1, (i + 1) * n)).toEqual(
      before.subarray(i * n + i + 1, (i + 1) * n),
    );
  await solve(a, n, sides, 5, breathe);
  sides.forEach((value, at) => expect(Math.abs(value - x[at]!)).toBeLessThan(1e-11));
});
