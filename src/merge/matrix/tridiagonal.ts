import type { Breathe } from '../../breathe.ts';
import type { Matrix } from './products.ts';

/** T = tridiagonal, with A = Q T Qᵀ and Q a product of reflections I − tau·u·uᵀ, u being the rows of `reflectors`. */
export interface Tridiagonal {
  diagonal: Float64Array;
  /** off[i] stands between i − 1 and i. */
  off: Float64Array;
  tau: Float64Array;
  reflectors: Matrix;
}

/** Householder's reduction of a symmetric matrix, whose values are lost. */
export async function tridiagonalise(a: Matrix, breathe: Breathe): Promise<Tridiagonal> {
  const n = a.rows;
  const diagonal = new Float64Array(n);
  const off = new Float64Array(n);
  const tau = new Float64Array(n);
  const p = new Float64Array(n);
  for (let i = n - 1; i > 0; i--) {
    await breathe();
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

/** Takes rows from the basis of the tridiagonal matrix to that of the matrix it came from. */
export async function reflectBack(
  { tau, reflectors }: Tridiagonal,
  { values, rows, columns }: Matrix,
  breathe: Breathe,
): Promise<void> {
  for (let i = 1; i < columns; i++) {
    await breathe();
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
