import { bug } from '../../errors.ts';
import { part, type Placed, type Tridiagonal, type Workspace } from './workspace.ts';

/** Far more steps than an eigenvalue takes: two or three. */
const mostSteps = 60;

/** Rotations of rows i, i + 1 for i from `from` down to `to`. */
type Rotate = (from: number, to: number, cos: Float64Array, sin: Float64Array) => void;

/** Eigenvalues of a symmetric tridiagonal matrix, whose `off`[i] stands between i − 1 and i; where it falls apart, each in its part. */
export function tridiagonalValues(diagonal: Float64Array, off: Float64Array): Float64Array {
  return diagonalise(diagonal, off, () => undefined);
}

/**
 * Its eigenvectors of the eigenvalues at these places, as rows, one after the other, by turning the rows of the unit matrix
 * along: n³ steps, and orthogonal whatever the matrix.
 */
export function turnRows(
  diagonal: Float64Array,
  off: Float64Array,
  wanted: readonly number[],
): Float64Array {
  const n = diagonal.length;
  const all = new Float64Array(n * n);
  for (let i = 0; i < n; i++) all[i * n + i] = 1;
  diagonalise(diagonal, off, (from, to, cos, sin) => {
    for (let i = from; i >= to; i--) rotate(all, n, i, cos[i]!, sin[i]!);
  });
  const rows = new Float64Array(wanted.length * n);
  wanted.forEach((place, row) => rows.set(all.subarray(place * n, (place + 1) * n), row * n));
  return rows;
}

function rotate(rows: Float64Array, n: number, row: number, c: number, s: number): void {
  for (let j = row * n, next = j + n; j < (row + 1) * n; j++, next++) {
    const x = rows[next]!;
    const y = rows[j]!;
    rows[next] = s * y + c * x;
    rows[j] = c * y - s * x;
  }
}

/** Implicit QL (Golub and Van Loan, Matrix Computations, §8.3.3). */
function diagonalise(diagonal: Float64Array, off: Float64Array, rotateRows: Rotate): Float64Array {
  const n = diagonal.length;
  const d = diagonal.slice();
  const e = Float64Array.from(off, (_, i) => off[i + 1] ?? 0);
  const [cos, sin] = [new Float64Array(n), new Float64Array(n)];
  for (let first = 0; first < n; first++)
    for (let step = 0; ; step++) {
      let last = first;
      while (last < n - 1 && !isNegligible(e[last]!, d[last]!, d[last + 1]!)) last++;
      if (last === first) break;
      if (step === mostSteps) throw bug('An eigenvalue did not converge.');
      const stop = chase(d, e, first, last, cos, sin);
      rotateRows(last - 1, stop, cos, sin);
    }
  return d;
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

/** Eigenvalues nearer than this share of the largest have their vectors made orthogonal; of others they nearly are. */
const nearShare = 1e-10;
/** So many near ones are faster turned along. */
const mostNear = 64;
/** How far from an eigenvector, and from orthogonal, rounding may leave one. */
const mostResidue = 1e-10;
const mostOverlap = 1e-5;

/**
 * Eigenvectors of T of the eigenvalues at these places of `values`, in falling order, as the rows of `vectors`: by inverse
 * iteration from noise, in each part of T by itself. False where they do not come out as eigenvectors, or not orthogonal.
 */
export function tridiagonalVectors(
  workspace: Workspace,
  tridiagonal: Tridiagonal,
  values: Float64Array,
  wanted: readonly number[],
  vectors: Placed,
): boolean {
  const n = values.length;
  const parts = partsOf(
    workspace.doubles(tridiagonal.diagonal),
    workspace.doubles(tridiagonal.off),
  );
  const size = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const before = new Map<number, number[]>();
  let noise = 1;
  for (const [row, place] of wanted.entries()) {
    const range = parts[place]!;
    const value = values[place]!;
    const near = (before.get(range[0]) ?? []).filter(
      (other) => values[wanted[other]!]! - value <= nearShare * size,
    );
    if (near.length > mostNear) return false;
    before.set(range[0], [...near, row]);
    const placed = part(vectors, [row, 1], [0, n]);
    const start = workspace.doubles(placed);
    for (let i = range[0]; i < range[1]; i++) {
      noise = (Math.imul(noise, 1664525) + 1013904223) >>> 0;
      start[i] = noise / 2 ** 32 - 0.5;
    }
    const iterate = (steps: number) =>
      workspace.inverseIteration(tridiagonal, range, value, placed, steps);
    let residue = iterate(2);
    for (let pass = 0; near.length > 0 && pass < 4; pass++) {
      const x = workspace.doubles(placed);
      for (const other of near) subtract(x, workspace.doubles(part(vectors, [other, 1], [0, n])));
      residue = iterate(pass < 3 ? 1 : 0);
    }
    if (!(residue <= mostResidue * size)) return false;
  }
  return areOrthogonal(workspace.doubles(vectors), wanted.length, n);
}

/** For each place, where the part of the matrix begins and ends that nothing connects with the rest. */
function partsOf(diagonal: Float64Array, off: Float64Array): (readonly [number, number])[] {
  const n = diagonal.length;
  const parts: (readonly [number, number])[] = [];
  for (let from = 0; from < n;) {
    let to = from + 1;
    while (to < n && !isNegligible(off[to]!, diagonal[to - 1]!, diagonal[to]!)) to++;
    const part = [from, to] as const;
    for (; from < to; from++) parts.push(part);
  }
  return parts;
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!;
  return sum;
}

/** The unit vector along x without its part along another. */
function subtract(x: Float64Array, other: Float64Array): void {
  const along = dot(x, other);
  for (let i = 0; i < x.length; i++) x[i]! -= along * other[i]!;
  const length = Math.sqrt(dot(x, x));
  for (let i = 0; i < x.length; i++) x[i]! /= length;
}

/** Whether V·Vᵀ takes a vector of ±1 to itself. */
function areOrthogonal(rows: Float64Array, count: number, n: number): boolean {
  const sum = new Float64Array(n);
  const sign = (row: number) => (Math.imul(row + 1, 0x9e37_79b9) < 0 ? -1 : 1);
  for (let row = 0; row < count; row++)
    for (let i = 0, at = row * n; i < n; i++, at++) sum[i]! += sign(row) * rows[at]!;
  for (let row = 0; row < count; row++) {
    const back = dot(rows.subarray(row * n, (row + 1) * n), sum);
    if (!(Math.abs(back - sign(row)) <= mostOverlap)) return false;
  }
  return true;
}
