import type { Breathe } from '../../breathe.ts';
import { bug } from '../../errors.ts';
import { emptyMatrix, type Matrix } from './products.ts';
import { reflectBack, tridiagonalise } from './tridiagonal.ts';

/** Far more steps than an eigenvalue takes: two or three. */
const mostSteps = 60;

/**
 * Eigenvalues of a symmetric matrix in falling order, and the vectors of the first `count` as rows, by Householder's
 * tridiagonalisation and implicit QL (Golub and Van Loan, Matrix Computations, §8.3); the values of `a` are lost.
 */
export async function symmetricEigen(
  a: Matrix,
  count: number,
  breathe: Breathe,
): Promise<{ values: number[]; vectors: Matrix }> {
  const n = a.rows;
  const tridiagonal = await tridiagonalise(a, breathe);
  const all = emptyMatrix(n, n);
  for (let i = 0; i < n; i++) all.values[i * n + i] = 1;
  const { diagonal } = tridiagonal;
  await diagonalise(diagonal, tridiagonal.off, all, breathe);
  const order = [...diagonal.keys()].sort((i, j) => diagonal[j]! - diagonal[i]! || i - j);
  const vectors = emptyMatrix(Math.min(count, n), n);
  for (let row = 0; row < vectors.rows; row++) {
    const from = order[row]! * n;
    vectors.values.set(all.values.subarray(from, from + n), row * n);
  }
  await reflectBack(tridiagonal, vectors, breathe);
  return { values: order.map((i) => diagonal[i]!), vectors };
}

/** Makes `d` the eigenvalues of the tridiagonal matrix of d and off, and the rows of `vectors` its eigenvectors. */
async function diagonalise(
  d: Float64Array,
  off: Float64Array,
  vectors: Matrix,
  breathe: Breathe,
): Promise<void> {
  const n = d.length;
  const e = Float64Array.from(off, (_, i) => off[i + 1] ?? 0);
  const [cos, sin] = [new Float64Array(n), new Float64Array(n)];
  for (let first = 0; first < n; first++)
    for (let step = 0; ; step++) {
      await breathe();
      let last = first;
      while (last < n - 1 && !isNegligible(e[last]!, d[last]!, d[last + 1]!)) last++;
      if (last === first) break;
      if (step === mostSteps) throw bug('An eigenvalue did not converge.');
      const stop = chase(d, e, first, last, cos, sin);
      rotateRows(vectors, last - 1, stop, cos, sin);
    }
}

function isNegligible(e: number, before: number, after: number): boolean {
  return Math.abs(e) <= 2 ** -53 * (Math.abs(before) + Math.abs(after));
}

/** One implicit QL step on [first, last]: fills the rotations of rows i, i + 1 from last − 1 down to the row returned. */
function chase(
  d: Float64Array,
  e: Float64Array,
  first: number,
  last: number,
  cos: Float64Array,
  sin: Float64Array,
): number {
  const half = (d[first + 1]! - d[first]!) / (2 * e[first]!);
  const root = Math.sqrt(half * half + 1);
  let g = d[last]! - d[first]! + e[first]! / (half + (half >= 0 ? root : -root));
  let s = 1;
  let c = 1;
  let p = 0;
  for (let i = last - 1; i >= first; i--) {
    const f = s * e[i]!;
    const b = c * e[i]!;
    const r = (e[i + 1] = Math.sqrt(f * f + g * g));
    if (r === 0) {
      d[i + 1]! -= p;
      e[last] = 0;
      return i + 1;
    }
    s = sin[i] = f / r;
    c = cos[i] = g / r;
    g = d[i + 1]! - p;
    const t = (d[i]! - g) * s + 2 * c * b;
    p = s * t;
    d[i + 1] = g + p;
    g = c * t - b;
  }
  d[first]! -= p;
  e[first] = g;
  e[last] = 0;
  return first;
}

/** Turns rows i, i + 1 for i from `from` down to `to`, two turns in one pass where two are left. */
function rotateRows(
  { values, columns }: Matrix,
  from: number,
  to: number,
  cos: Float64Array,
  sin: Float64Array,
): void {
  let i = from;
  for (; i > to; i -= 2) {
    const c = cos[i]!;
    const s = sin[i]!;
    const d = cos[i - 1]!;
    const t = sin[i - 1]!;
    const upper = (i - 1) * columns;
    const middle = upper + columns;
    const lower = middle + columns;
    for (let j = 0; j < columns; j++) {
      const x = values[lower + j]!;
      const y = values[middle + j]!;
      const z = values[upper + j]!;
      const turned = c * y - s * x;
      values[lower + j] = s * y + c * x;
      values[middle + j] = t * z + d * turned;
      values[upper + j] = d * z - t * turned;
    }
  }
  if (i < to) return;
  const c = cos[i]!;
  const s = sin[i]!;
  const upper = i * columns;
  const lower = upper + columns;
  for (let j = 0; j < columns; j++) {
    const x = values[lower + j]!;
    const y = values[upper + j]!;
    values[lower + j] = s * y + c * x;
    values[upper + j] = c * y - s * x;
  }
}
