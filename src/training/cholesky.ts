import type { Breathe } from '../breathe.ts';

/**
 * The lower Cholesky factor of a symmetric matrix [n × n] in f64, in place in its lower triangle; false when a pivot is not
 * above `least` of the largest diagonal value, after which the matrix is spoilt.
 */
export async function factorize(
  a: Float64Array,
  n: number,
  breathe: Breathe,
  least = 1e-10,
): Promise<boolean> {
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, a[i * n + i]!);
  // Row by row, along rows.
  for (let i = 0; i < n; i++) {
    const own = a.subarray(i * n, i * n + i);
    for (let j = 0; j < i; j++) {
      const row = j * n;
      let sum = own[j]!;
      for (let k = 0; k < j; k++) sum -= own[k]! * a[row + k]!;
      own[j] = sum / a[row + j]!;
    }
    const left = own.reduce((sum, x) => sum - x * x, a[i * n + i]!);
    if (!(left > least * largest)) return false;
    a[i * n + i] = Math.sqrt(left);
    await breathe();
  }
  return true;
}

/** Solves L·Lᵀ·X = B in place, B [n × columns]. */
export async function solve(
  l: Float64Array,
  n: number,
  b: Float64Array,
  columns: number,
  breathe: Breathe,
): Promise<void> {
  const row = (i: number) => b.subarray(i * columns, (i + 1) * columns);
  const reduce = (i: number, k: number, factor: number) => {
    const [to, from] = [row(i), row(k)];
    for (let c = 0; c < columns; c++) to[c]! -= factor * from[c]!;
  };
  const divide = async (i: number) => {
    const to = row(i);
    for (let c = 0; c < columns; c++) to[c]! /= l[i * n + i]!;
    await breathe();
  };
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) reduce(i, k, l[i * n + k]!);
    await divide(i);
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) reduce(i, k, l[k * n + i]!);
    await divide(i);
  }
}
