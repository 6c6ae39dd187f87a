import type { Breathe } from '../../breathe.ts';

/** A matrix in f64, row by row. */
export interface Matrix {
  rows: number;
  columns: number;
  values: Float64Array;
}

/** Columns that are taken at a time: two rows of each factor, 4 × 2 KiB, stay in the first cache. */
const strip = 256;

/** A·Bᵀ of A [m, k] and B [n, k]; `symmetric` says that A·Bᵀ is, and saves half the work. */
export async function timesTransposed(
  a: Matrix,
  b: Matrix,
  breathe: Breathe,
  symmetric = false,
): Promise<Matrix> {
  const out = emptyMatrix(a.rows, b.rows);
  for (let from = 0; from < a.columns; from += strip) {
    const to = Math.min(a.columns, from + strip);
    for (let i = 0; i < a.rows; i += 2) {
      for (let j = 0; j < (symmetric ? i + 1 : b.rows); j += 2) addTile(a, b, out, i, j, from, to);
      await breathe();
    }
  }
  if (symmetric)
    for (let i = 0; i < out.rows; i++)
      for (let j = i + 1; j < out.columns; j++)
        out.values[i * out.columns + j] = out.values[j * out.columns + i]!;
  return out;
}

/** Adds the products of rows i, i + 1 with rows j, j + 1 over columns [from, to); a row beyond the last is not stored. */
function addTile(
  a: Matrix,
  b: Matrix,
  { values: out, columns }: Matrix,
  i: number,
  j: number,
  from: number,
  to: number,
): void {
  const x = a.values;
  const y = b.values;
  const moreRows = i + 1 < a.rows;
  const moreColumns = j + 1 < b.rows;
  const x0 = i * a.columns;
  const x1 = moreRows ? x0 + a.columns : x0;
  const y0 = j * b.columns;
  const y1 = moreColumns ? y0 + b.columns : y0;
  let s00 = 0;
  let s01 = 0;
  let s10 = 0;
  let s11 = 0;
  for (let k = from; k < to; k++) {
    const p = x[x0 + k]!;
    const q = x[x1 + k]!;
    const r = y[y0 + k]!;
    const s = y[y1 + k]!;
    s00 += p * r;
    s01 += p * s;
    s10 += q * r;
    s11 += q * s;
  }
  const at = i * columns + j;
  out[at]! += s00;
  if (moreColumns) out[at + 1]! += s01;
  if (moreRows) out[at + columns]! += s10;
  if (moreRows && moreColumns) out[at + columns + 1]! += s11;
}

/** A·B. */
export function times(a: Matrix, b: Matrix, breathe: Breathe): Promise<Matrix> {
  return timesTransposed(a, transposed(b), breathe);
}

/** A·Aᵀ. */
export function gram(a: Matrix, breathe: Breathe): Promise<Matrix> {
  return timesTransposed(a, a, breathe, true);
}

export function transposed({ rows, columns, values }: Matrix): Matrix {
  const out = emptyMatrix(columns, rows);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) out.values[j * rows + i] = values[i * columns + j]!;
  return out;
}

/** A matrix of zeros. */
export function emptyMatrix(rows: number, columns: number): Matrix {
  return { rows, columns, values: new Float64Array(rows * columns) };
}

/** The matrix with row i multiplied by factors[i]. */
export function scaleRows({ rows, columns, values }: Matrix, factors: ArrayLike<number>): Matrix {
  const out = values.map((x, at) => x * factors[Math.floor(at / columns)]!);
  return { rows, columns, values: out };
}

/** Matrices of equal width, one below the other. */
export function stackRows(matrices: readonly Matrix[]): Matrix {
  const rows = matrices.reduce((sum, each) => sum + each.rows, 0);
  const out = emptyMatrix(rows, matrices[0]?.columns ?? 0);
  let at = 0;
  for (const { values } of matrices) {
    out.values.set(values, at);
    at += values.length;
  }
  return out;
}
