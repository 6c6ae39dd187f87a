import { beforeAll, describe, expect, it } from 'vitest';
import { mulberry32 } from '../../data/random.ts';
import { openMatrixProducts, type Factor, type MatrixProducts } from './matrixProducts.ts';

let products: MatrixProducts;
beforeAll(async () => {
  products = await openMatrixProducts();
});

const random = mulberry32(5);
const uniform = (count: number) => Float32Array.from({ length: count }, () => random() - 0.5);

/** Factors of these sizes, and functions that give their elements. */
function factors([m, n, k]: readonly number[], transposed: readonly [boolean, boolean]) {
  const a: Factor = { values: uniform(m! * k!), transposed: transposed[0] };
  const b: Factor = { values: uniform(k! * n!), transposed: transposed[1] };
  const elementOfA = (i: number, p: number) => a.values[transposed[0] ? p * m! + i : i * k! + p]!;
  const elementOfB = (p: number, j: number) => b.values[transposed[1] ? j * k! + p : p * n! + j]!;
  return { a, b, elementOfA, elementOfB };
}

const forms: [string, [boolean, boolean]][] = [
  ['A·B', [false, false]],
  ['Aᵀ·B', [true, false]],
  ['A·Bᵀ', [false, true]],
  ['Aᵀ·Bᵀ', [true, true]],
];

describe.each(forms)('%s', (_, transposed) => {
  it.each([
    [1, 1, 1],
    [4, 8, 1],
    [3, 7, 5],
    [5, 9, 257],
    [33, 65, 130],
    [129, 17, 512],
    [2, 1031, 3],
    [515, 3, 600],
    [70, 1050, 40],
  ])('of %i × %i sums of %i products is that of float64', (m, n, k) => {
    const { a, b, elementOfA, elementOfB } = factors([m, n, k], transposed);
    const c = products.multiply(a, b, [m, n, k]);
    let worst = 0;
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let [sum, size] = [0, 0];
        for (let p = 0; p < k; p++) {
          const term = elementOfA(i, p) * elementOfB(p, j);
          sum += term;
          size += Math.abs(term);
        }
        worst = Math.max(worst, Math.abs(c[i * n + j]! - sum) / size);
      }
    expect(worst).toBeLessThan(k * 2 ** -24);
  });
});

it('adds up each sum in the order of the columns, in blocks of 256', () => {
  const [m, n, k] = [6, 11, 700];
  const { a, b, elementOfA, elementOfB } = factors([m, n, k], [false, false]);
  const expected = Array.from({ length: m * n }, (_, at) => {
    let sum = 0;
    for (let start = 0; start < k; start += 256) {
      let part = 0;
      for (let p = start; p < Math.min(k, start + 256); p++) {
        const term = Math.fround(elementOfA(Math.floor(at / n), p) * elementOfB(p, at % n));
        part = Math.fround(part + term);
      }
      sum = start === 0 ? part : Math.fround(sum + part);
    }
    return sum;
  });
  expect([...products.multiply(a, b, [m, n, k])]).toEqual(expected);
});

it('adds a product to a matrix, which stays as it is', () => {
  const [m, n, k] = [515, 1030, 3];
  const { a, b, elementOfA, elementOfB } = factors([m, n, k], [false, true]);
  const c = uniform(m * n);
  const before = c.slice();
  const expected = c.map((before, at) => {
    let part = 0;
    for (let p = 0; p < k; p++) {
      const term = Math.fround(elementOfA(Math.floor(at / n), p) * elementOfB(p, at % n));
      part = Math.fround(part + term);
    }
    return Math.fround(before + part);
  });
  const sums = products.add(c, a, b, [m, n, k]);
  expect(sums.findIndex((sum, at) => sum !== expected[at])).toBe(-1);
  expect(c.findIndex((value, at) => value !== before[at])).toBe(-1);
});

it('lets infinities and NaN reach only the sums they are in', () => {
  const a = { values: Float32Array.of(Infinity, 1, NaN, 2, 3, 4) };
  const b = { values: Float32Array.of(1, 2, 3, 4) };
  const c = products.multiply(a, b, [3, 2, 2]);
  expect([...c]).toEqual([Infinity, Infinity, NaN, NaN, 15, 22]);
});

it('gives zeros for sums of nothing, also over what was there', () => {
  const nothing = { values: new Float32Array(0) };
  expect([...products.multiply(nothing, nothing, [1, 2, 0], Float32Array.of(5, 6))]).toEqual([
    0, 0,
  ]);
  expect(products.multiply(nothing, nothing, [0, 2, 0])).toHaveLength(0);
});

it('refuses arrays that are not of the sizes told', () => {
  const a = { values: new Float32Array(6) };
  expect(() => products.multiply(a, a, [2, 2, 3], new Float32Array(3))).toThrow('no matrices');
  expect(() => products.multiply(a, a, [3, 3, 3])).toThrow('3 × 3');
});
