import { AppError } from '../../errors.ts';
import { emptyMatrix, type Matrix } from './products.ts';

/** Far more steps than an eigenvalue takes: two or three. */
const mostSteps = 60;

/** T = tridiagonal, with A = Q T Qᵀ and Q a product of reflections I − tau·u·uᵀ, u being the rows of `reflectors`. */
interface Tridiagonal {
  diagonal: Float64Array;
  /** off[i] stands between i − 1 and i. */
  off: Float64Array;
  tau: Float64Array;
  reflectors: Matrix;
}

/**
 * Eigenvalues of a symmetric matrix in falling order, and the vectors of the first `count` as rows, by Householder's
 * tridiagonalisation and implicit QL (Golub and Van Loan, Matrix Computations, §8.3); the values of `a` are lost.
 */
export function symmetricEigen(a: Matrix, count: number): { values: number[]; vectors: Matrix } {
  const n = a.rows;
  const tridiagonal = tridiagonalise(a);
  const all = emptyMatrix(n, n);
  for (let i = 0; i < n; i++) all.values[i * n + i] = 1;
  const { diagonal } = tridiagonal;
  diagonalise(diagonal, tridiagonal.off, all);
  const order = [...diagonal.keys()].sort((i, j) => diagonal[j]! - diagonal[i]! || i - j);
  const vectors = emptyMatrix(Math.min(count, n), n);
  for (let row = 0; row < vectors.rows; row++) {
    const from = order[row]! * n;
    vectors.values.set(all.values.subarray(from, from + n), row * n);
  }
  reflectBack(tridiagonal, vectors);
  return { values: order.map((i) => diagonal[i]!), vectors };
}

function tridiagonalise(a: Matrix): Tridiagonal {
  const n = a.rows;
  const [diagonal, off, tau, p] = [0, 1, 2, 3].map(() => new Float64Array(n)) as [
    ...[Float64Array, Float64Array, Float64Array, Float64Array],
  ];
  for (let i = n - 1; i > 0; i--) {
    diagonal[i] = a.values[i * n + i]!;
    const u = a.values.subarray(i * n, i * n + i);
    const reflection = reflect(u);
    off[i] = reflection.beta;
    const factor = (tau[i] = reflection.tau);
    if (factor === 0) continue;
    timesVector(a, u, p);
    let dot = 0;
    for (let j = 0; j < i; j++) dot += (p[j]! *= factor) * u[j]!;
    for (let j = 0; j < i; j++) p[j]! -= 0.5 * factor * dot * u[j]!;
    for (let r = 0; r < i; r++)
      for (let row = r * n, j = 0; j <= r; j++) a.values[row + j]! -= u[r]! * p[j]! + p[r]! * u[j]!;
  }
  if (n > 0) diagonal[0] = a.values[0]!;
  return { diagonal, off, tau, reflectors: a };
}

/** Makes x the u of the reflection that takes it to (0, …, 0, beta). */
function reflect(x: Float64Array): { beta: number; tau: number } {
  const last = x.length - 1;
  const alpha = x[last]!;
  let rest = 0;
  for (let j = 0; j < last; j++) rest += x[j]! * x[j]!;
  if (rest === 0) return { beta: alpha, tau: 0 };
  const norm = Math.sqrt(rest + alpha * alpha);
  const beta = alpha > 0 ? -norm : norm;
  for (let j = 0; j < last; j++) x[j]! /= alpha - beta;
  x[last] = 1;
  return { beta, tau: (beta - alpha) / beta };
}

/** p = A·u for the leading part of A that u spans, of which the lower triangle is read, two rows at a time. */
function timesVector({ values: a, columns }: Matrix, u: Float64Array, p: Float64Array): void {
  const n = u.length;
  p.fill(0, 0, n);
  for (let r = n % 2; r < n; r += 2) {
    const row = r * columns;
    const next = row + columns;
    const first = u[r]!;
    const second = u[r + 1]!;
    let dot = 0;
    let more = 0;
    for (let j = 0; j < r; j++) {
      const x = a[row + j]!;
      const y = a[next + j]!;
      dot += x * u[j]!;
      more += y * u[j]!;
      p[j]! += x * first + y * second;
    }
    p[r]! += dot + a[row + r]! * first + a[next + r]! * second;
    p[r + 1]! += more + a[next + r]! * first + a[next + r + 1]! * second;
  }
  if (n % 2 === 1) p[0]! += a[0]! * u[0]!;
}

/** Makes `d` the eigenvalues of the tridiagonal matrix of d and off, and the rows of `vectors` its eigenvectors. */
function diagonalise(d: Float64Array, off: Float64Array, vectors: Matrix): void {
  const n = d.length;
  const e = Float64Array.from(off, (_, i) => off[i + 1] ?? 0);
  const [cos, sin] = [new Float64Array(n), new Float64Array(n)];
  for (let first = 0; first < n; first++)
    for (let step = 0; ; step++) {
      let last = first;
      while (last < n - 1 && !isNegligible(e[last]!, d[last]!, d[last + 1]!)) last++;
      if (last === first) break;
      if (step === mostSteps) throw new AppError('Bug', 'An eigenvalue did not converge.');
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

/** Takes rows from the basis of the tridiagonal matrix to that of the matrix it came from. */
function reflectBack({ tau, reflectors }: Tridiagonal, { values, rows, columns }: Matrix): void {
  for (let i = 1; i < columns; i++) {
    const factor = tau[i]!;
    if (factor === 0) continue;
    const u = reflectors.values.subarray(i * columns, i * columns + i);
    for (let row = 0; row < rows; row += 2) {
      const at = row * columns;
      const next = row + 1 < rows ? at + columns : at;
      let dot = 0;
      let more = 0;
      for (let j = 0; j < i; j++) {
        dot += u[j]! * values[at + j]!;
        more += u[j]! * values[next + j]!;
      }
      dot *= factor;
      more = next === at ? 0 : more * factor;
      for (let j = 0; j < i; j++) {
        values[at + j]! -= dot * u[j]!;
        values[next + j]! -= more * u[j]!;
      }
    }
  }
}
