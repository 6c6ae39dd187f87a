import { tridiagonalValues, tridiagonalVectors, turnRows } from './tridiagonal.ts';
import { part, turned, type Placed, type Workspace } from './workspace.ts';

/** Reflections that are applied at once. */
const reflectionsAtOnce = 96;

export interface Eigen {
  /** All of them, in falling order. */
  values: number[];
  /** Of those that were chosen, in this order, as rows, in f64. */
  vectors: Placed;
}

/**
 * Eigenvalues of a symmetric [n, n] in f64, which is lost, and vectors of those that `choose` picks by their places: by
 * Householder's tridiagonalisation, implicit QL for values, inverse iteration for vectors (Golub and Van Loan, Matrix
 * Computations, §8.3, §7.6.1). Where the latter do not come out orthogonal, QL turns all n of them along, which takes ten times
 * as long and is told in `workspace.fellBack`.
 */
export function symmetricEigen(
  workspace: Workspace,
  a: Placed,
  choose: (values: readonly number[]) => readonly number[],
): Eigen {
  const { tau, ...tridiagonal } = workspace.tridiagonalise(a);
  const diagonal = workspace.doubles(tridiagonal.diagonal).slice();
  const off = workspace.doubles(tridiagonal.off).slice();
  const found = tridiagonalValues(diagonal, off);
  const order = [...found.keys()].sort((i, j) => found[j]! - found[i]! || i - j);
  const values = order.map((i) => found[i]!);
  const wanted = choose(values).map((place) => order[place]!);
  const vectors = workspace.zeros(wanted.length, a.rows);
  if (!tridiagonalVectors(workspace, tridiagonal, found, wanted, vectors)) {
    workspace.fellBack = true;
    workspace.doubles(vectors).set(turnRows(diagonal, off, wanted));
  }
  reflectBack(workspace, a, tau, vectors);
  return { values, vectors };
}

/**
 * Takes rows from the basis of T to that of A = Q T Qᵀ: V ← V·H₁·H₂ …, a block of H at a time as I − Uᵀ·S·U with S upper
 * triangular (Schreiber and Van Loan 1989).
 */
function reflectBack(workspace: Workspace, reflectors: Placed, tau: Placed, vectors: Placed): void {
  const n = reflectors.rows;
  for (let from = 1; from < n; from += reflectionsAtOnce)
    workspace.within(() => {
      const count = Math.min(reflectionsAtOnce, n - from);
      const u = workspace.zeros(count, from + count - 1);
      const all = workspace.doubles(reflectors);
      const rows = workspace.doubles(u);
      for (let i = 0; i < count; i++)
        rows.set(all.subarray((from + i) * n, (from + i) * n + from + i), i * u.columns);
      const s = blockFactor(workspace, u, part(tau, [0, 1], [from, count]));
      const inner = workspace.zeros(vectors.rows, count);
      const scaled = workspace.zeros(vectors.rows, count);
      const changed = part(vectors, [0, vectors.rows], [0, u.columns]);
      workspace.multiply(inner, changed, turned(u));
      workspace.multiply(scaled, inner, s);
      workspace.multiply(changed, scaled, u, true);
    });
}

/** −S of the reflections of these rows. */
function blockFactor(workspace: Workspace, u: Placed, tau: Placed): Placed {
  const n = u.rows;
  const s = workspace.zeros(n, n);
  const products = workspace.zeros(n, n);
  workspace.multiply(products, u, turned(u));
  const [out, inner] = [workspace.doubles(s), workspace.doubles(products)];
  const factors = workspace.doubles(tau);
  for (let b = 0; b < n; b++) {
    out[b * n + b] = -factors[b]!;
    for (let a = 0; a < b; a++) {
      let sum = 0;
      for (let k = a; k < b; k++) sum += out[a * n + k]! * inner[k * n + b]!;
      out[a * n + b] = -factors[b]! * sum;
    }
  }
  return s;
}
