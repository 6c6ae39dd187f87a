import { expect, test } from 'vitest';
import { mulberry32 } from '../../data/random.ts';
import { openMatrixProducts } from '../../gpu/simd/matrixProducts.ts';
import { leadingTriples } from './lowRank.ts';
import { openWorkspace } from './workspace.ts';

const random = mulberry32(5);
const noise = (count: number) => Float64Array.from({ length: count }, () => random() - 0.5);

/** Rows of noise, orthonormal in f64. */
function orthonormal(rows: number, length: number): Float64Array[] {
  const all: Float64Array[] = [];
  while (all.length < rows) {
    let row = noise(length);
    for (const other of [...all, ...all]) {
      const share = row.reduce((sum, x, k) => sum + x * other[k]!, 0);
      row = row.map((x, k) => x - share * other[k]!);
    }
    const size = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
    all.push(row.map((x) => x / size));
  }
  return all;
}

/** Σ size · uᵀv, which has these singular values. */
function withSizes(sizes: readonly number[], [m, n]: readonly [number, number]): Float32Array {
  const [left, right] = [orthonormal(sizes.length, m), orthonormal(sizes.length, n)];
  const sum = new Float64Array(m * n);
  for (const [i, size] of sizes.entries())
    for (let r = 0; r < m; r++)
      for (let c = 0; c < n; c++) sum[r * n + c]! += size * left[i]![r]! * right[i]![c]!;
  return Float32Array.from(sum);
}

async function find(matrix: Float32Array, shape: readonly [number, number], count: number) {
  const [products, workspace] = await Promise.all([openMatrixProducts(), openWorkspace()]);
  const found = leadingTriples(products, workspace, matrix, shape, count, mulberry32(0));
  const [m, n] = shape;
  const rest = Float64Array.from(matrix);
  for (const [i, size] of found.sizes.entries())
    for (let r = 0; r < m; r++)
      for (let c = 0; c < n; c++)
        rest[r * n + c]! -= size * found.left[i * m + r]! * found.right[i * n + c]!;
  return { ...found, off: Math.sqrt(rest.reduce((sum, x) => sum + x * x, 0)) };
}

test('a matrix of low rank is found whole, also where values are equal', async () => {
  const sizes = [4, 3, 3, 0.5, 0.002];
  const found = await find(withSizes(sizes, [60, 90]), [60, 90], 5);
  found.sizes.forEach((size, i) => expect(size / sizes[i]!).toBeCloseTo(1, 3));
  expect(found.off).toBeLessThan(1e-5);
  expect(found.rest).toBeLessThan(1e-10);
});

test.each([
  ['falling slowly', (i: number) => 1 / Math.sqrt(1 + i)],
  ['falling fast', (i: number) => 0.6 ** i],
])('of values %s the leading ones leave as little as can be', async (_, at) => {
  const sizes = Array.from({ length: 48 }, (_, i) => at(i));
  const found = await find(withSizes(sizes, [48, 70]), [48, 70], 6);
  const least = Math.sqrt(sizes.slice(6).reduce((sum, size) => sum + size ** 2, 0));
  expect(found.off).toBeGreaterThan(0.999 * least);
  expect(found.off).toBeLessThan(1.002 * least);
  expect(Math.sqrt(found.rest) / found.off).toBeCloseTo(1, 5);
});

test('a matrix of zeros has sizes of 0, and more are asked for than it has', async () => {
  const found = await find(new Float32Array(12), [3, 4], 9);
  expect([...found.sizes]).toEqual([0, 0, 0]);
  expect(found.left.every(Number.isFinite) && found.right.every(Number.isFinite)).toBe(true);
});
