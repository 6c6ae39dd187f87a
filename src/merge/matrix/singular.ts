import type { Breathe } from '../../breathe.ts';
import { symmetricEigen } from './eigen.ts';
import {
  gram,
  scaleRows,
  stackRows,
  times,
  timesTransposed,
  transposed,
  type Matrix,
} from './products.ts';

/** Singular values of less than this share of the largest count as 0: they are what rounding to f32 leaves. */
const leastShare = 1e-5;

/** Singular values in falling order, those that count as 0 included, and singular vectors of the others as rows. */
export interface Singular {
  values: number[];
  /** [r, rows] and [r, columns]. */
  left: Matrix;
  right: Matrix;
}

/** Left singular vectors of a matrix of no more rows than columns, as eigenvectors of A·Aᵀ; at most `most` of them. */
export async function leftSingular(
  a: Matrix,
  breathe: Breathe,
  most = a.rows,
  largest?: number,
): Promise<Omit<Singular, 'right'>> {
  const { values, vectors } = await symmetricEigen(await gram(a, breathe), most, breathe);
  const sizes = values.map((value) => Math.sqrt(Math.max(0, value)));
  const least = leastShare * (largest ?? sizes[0] ?? 0);
  const rank = sizes.filter((size) => size > least).length;
  const rows = Math.min(rank, vectors.rows);
  const left = vectors.values.subarray(0, rows * a.rows);
  return { values: sizes, left: { rows, columns: a.rows, values: left } };
}

/** The `most` largest singular values with the vectors of those that do not count as 0 beside `largest`, by default their own. */
export async function singularTriplets(
  a: Matrix,
  most: number,
  breathe: Breathe,
  largest?: number,
): Promise<Singular> {
  const { values, left } = await leftSingular(a, breathe, most, largest);
  const sizes = values.slice(0, most);
  return {
    values: sizes,
    left,
    right: scaleRows(
      await times(left, a, breathe),
      sizes.map((x) => 1 / x),
    ),
  };
}

/** (A·Aᵀ)^(−1/2) over the singular values of A that do not count as 0, and the sum of all; with it A becomes U·Vᵀ of A = U·S·Vᵀ. */
export async function inverseRoot(
  a: Matrix,
  breathe: Breathe,
): Promise<{ root: Matrix; sum: number }> {
  const { values, left } = await leftSingular(a, breathe);
  const factors = values.map((x) => 1 / Math.sqrt(x));
  const halves = transposed(scaleRows(left, factors));
  const sum = values.reduce((total, value) => total + value, 0);
  return { root: await timesTransposed(halves, halves, breathe, true), sum };
}

/** Row-major values as a matrix of no more rows than columns: that of these rows and columns, or its transpose. */
export function asWide(values: ArrayLike<number>, rows: number, columns: number): Matrix {
  const matrix = { rows, columns, values: Float64Array.from(values) };
  return rows > columns ? transposed(matrix) : matrix;
}

/** What `asWide` turned, turned back. */
export function fromWide(matrix: Matrix, rows: number, columns: number): Float64Array {
  return (rows > columns ? transposed(matrix) : matrix).values;
}

/** The sum of matrices of one shape, read one after the other. */
export function sumOf(count: number, matrixAt: (index: number) => Matrix): Matrix {
  const sum = matrixAt(0);
  for (let i = 1; i < count; i++) matrixAt(i).values.forEach((x, at) => (sum.values[at]! += x));
  return sum;
}

/** Σ sⱼ·uⱼ·vⱼᵀ over all triplets, after their left vectors and their right ones were made orthogonal, each among themselves. */
export async function orthogonalSum(
  triplets: readonly Singular[],
  strengths: readonly number[],
  breathe: Breathe,
): Promise<Matrix> {
  const left = stackRows(triplets.map((each) => each.left));
  const right = stackRows(triplets.map((each) => each.right));
  const orthogonal = async (rows: Matrix) => (await inverseRoot(rows, breathe)).root;
  const scaled = scaleRows(await times(await orthogonal(left), left, breathe), strengths);
  const turned = await times(transposed(scaled), await orthogonal(right), breathe);
  return times(turned, right, breathe);
}
