import type { Breathe } from '../breathe.ts';
import { addProduct } from './addProduct.ts';

/** Columns of a factor that are found together. */
const tile = 4;

/**
 * The lower Cholesky factor of a symmetric matrix [n × n] in f64, in place in its lower triangle; false when a pivot is not
 * above `least` of the largest diagonal value, after which the lower triangle is spoilt and the rest as it was.
 */
export async function factorize(
  a: Float64Array,
  n: number,
  breathe: Breathe,
  least = 1e-10,
): Promise<boolean> {
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, a[i * n + i]!);
  // Two rows at a time, along rows.
  for (let i = 0; i < n; i += 2) {
    const second = Math.min(i + 1, n - 1);
    for (let j = 0; j < i; j += tile) reduceTile(a, n, i, second, j, Math.min(i, j + tile));
    for (let r = i; r <= second; r++) {
      for (let j = i; j < r; j++) reduce(a, n, r, j, 0);
      const own = a.subarray(r * n, r * n + r);
      const left = own.reduce((sum, x) => sum - x * x, a[r * n + r]!);
      if (!(left > least * largest)) return false;
      a[r * n + r] = Math.sqrt(left);
    }
    await breathe();
  }
  return true;
}

/** Finds columns [j, end) of two rows. */
function reduceTile(
  a: Float64Array,
  n: number,
  first: number,
  second: number,
  j: number,
  end: number,
): void {
  let from = 0;
  if (end - j === tile && second > first) {
    const [x, y, r, s, t, u] = [
      first * n,
      second * n,
      j * n,
      (j + 1) * n,
      (j + 2) * n,
      (j + 3) * n,
    ];
    let [x0, x1, x2, x3, y0, y1, y2, y3] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let k = 0; k < j; k++) {
      const [p, q] = [a[x + k]!, a[y + k]!];
      const [l0, l1, l2, l3] = [a[r + k]!, a[s + k]!, a[t + k]!, a[u + k]!];
      x0 += p * l0;
      x1 += p * l1;
      x2 += p * l2;
      x3 += p * l3;
      y0 += q * l0;
      y1 += q * l1;
      y2 += q * l2;
      y3 += q * l3;
    }
    [x0, x1, x2, x3].forEach((sum, c) => (a[x + j + c]! -= sum));
    [y0, y1, y2, y3].forEach((sum, c) => (a[y + j + c]! -= sum));
    from = j;
  }
  for (let c = j; c < end; c++) for (let r = first; r <= second; r++) reduce(a, n, r, c, from);
}

/** Finds one value of a factor, of which the terms before `from` were taken off. */
function reduce(a: Float64Array, n: number, i: number, j: number, from: number): void {
  let sum = a[i * n + j]!;
  for (let k = from; k < j; k++) sum -= a[i * n + k]! * a[j * n + k]!;
  a[i * n + j] = sum / a[j * n + j]!;
}

/** Solves L·Lᵀ·X = B in place, B [n × columns]. */
export async function solve(
  l: Float64Array,
  n: number,
  b: Float64Array,
  columns: number,
  breathe: Breathe,
): Promise<void> {
  const factors = new Float64Array(2 * n);
  /** Takes rows [first, end), which are known, off one or two others, of which the first can then be told. */
  const tell = (
    rows: readonly number[],
    [first, end]: readonly [number, number],
    at: (row: number, known: number) => number,
  ) => {
    const count = end - first;
    for (const [r, row] of rows.entries())
      for (let k = 0; k < count; k++) factors[r * count + k] = -l[at(row, first + k)]!;
    addProduct(b, rows, factors, b, [first, count], columns);
    const [row = 0] = rows;
    for (let c = row * columns; c < (row + 1) * columns; c++) b[c]! /= l[row * n + row]!;
  };
  const lower = (row: number, known: number) => row * n + known;
  const upper = (row: number, known: number) => known * n + row;
  for (let i = 0; i < n; i += 2) {
    const pair = [i, i + 1].filter((row) => row < n);
    tell(pair, [0, i], lower);
    if (pair.length > 1) tell([i + 1], [i, i + 1], lower);
    await breathe();
  }
  for (let i = n - 1; i >= 0; i -= 2) {
    const pair = [i, i - 1].filter((row) => row >= 0);
    tell(pair, [i + 1, n], upper);
    if (pair.length > 1) tell([i - 1], [i, i + 1], upper);
    await breathe();
  }
}
