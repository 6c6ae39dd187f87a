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
export function leftSingular(a: Matrix, most = a.rows, largest?: number): Omit<Singular, 'right'> {
  const { values, vectors } = symmetricEigen(gram(a), most);
  const sizes = values.map((value) => Math.sqrt(Math.max(0, value)));
  const least = leastShare * (largest ?? sizes[0] ?? 0);
  const rank = sizes.filter((size) => size > least).length;
  const rows = Math.min(rank, vectors.rows);
  const left = vectors.values.subarray(0, rows * a.rows);
  return { values: sizes, left: { rows, columns: a.rows, values: left } };
}

/** The `most` largest singular values with the vectors of those that do not count as 0 beside `largest`, by default their own. */
export function singularTriplets(a: Matrix, most: number, largest?: number): Singular {
  const { values, left } = leftSingular(a, most, largest);
  const sizes = values.slice(0, most);
  return {
    values: sizes,
    left,
    right: scaleRows(
      times(left, a),
      sizes.map((x) => 1 / x),
    ),
  };
}

/** (A·Aᵀ)^(−1/2) over the singular values of A that do not count as 0, and the sum of all; with it A becomes U·Vᵀ of A = U·S·Vᵀ. */
export function inverseRoot(a: Matrix): { root: Matrix; sum: number } {
  const { values, left } = leftSingular(a);
  const factors = values.map((x) => 1 / Math.sqrt(x));
  const halves = transposed(scaleRows(left, factors));
  const sum = values.reduce((total, value) => total + value, 0);
  return { root: timesTransposed(halves, halves, true), sum };
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
export function orthogonalSum(triplets: readonly Singular[], strengths: readonly number[]): Matrix {
  const left = stackRows(triplets.map((each) => each.left));
  const right = stackRows(triplets.map((each) => each.right));
  const scaled = scaleRows(times(inverseRoot(left).root, left), strengths);
  return times(times(transposed(scaled), inverseRoot(right).root), right);
}
