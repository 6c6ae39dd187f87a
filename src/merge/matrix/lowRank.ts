import type { MatrixProducts } from '../../gpu/simd/matrixProducts.ts';
import { symmetricEigen } from './eigen.ts';
import type { Workspace } from './workspace.ts';

/** The leading singular triples of a matrix [m, n]: Σ size_i · left_iᵀ right_i, in falling order. */
export interface LeadingTriples {
  sizes: Float64Array;
  /** [count, m], rows of length 1. */
  left: Float32Array;
  /** [count, n], rows of length 1, or 0 where the size is 0. */
  right: Float32Array;
  /** ‖matrix − Σ size_i · left_iᵀ right_i‖², of the differences themselves. */
  rest: number;
}

/** Directions beyond those that are asked for, and rounds: what a block needs to tell close sizes apart. */
const beyond = 8;
const rounds = 6;

/**
 * The `count` largest singular values of a matrix [m, n] and their vectors, by subspace iteration of a random block
 * (Halko, Martinsson and Tropp 2011, arXiv:0909.4061, algorithm 4.4), in float32 with the small problem in float64.
 */
export function leadingTriples(
  { multiply }: MatrixProducts,
  workspace: Workspace,
  matrix: Float32Array,
  [m, n]: readonly [number, number],
  count: number,
  random: () => number,
): LeadingTriples {
  const block = Math.min(count + beyond, m, n);
  const across = { values: matrix };
  const down = { values: matrix, transposed: true };
  let right: Float32Array = Float32Array.from({ length: block * n }, () => random() - 0.5);
  let left: Float32Array = new Float32Array();
  for (let round = 0; round < rounds; round++) {
    left = multiply({ values: right }, down, [block, m, n]);
    makeOrthonormal(left, block, m);
    right = multiply({ values: left }, across, [block, n, m]);
    if (round < rounds - 1) makeOrthonormal(right, block, n);
  }
  return workspace.within(() => {
    const squares = workspace.zeros(block, block);
    workspace.doubles(squares).set(gram(right, block, n));
    const { values, vectors } = symmetricEigen(workspace, squares, (all) => [...all.keys()]);
    const turn = Float32Array.from(workspace.doubles(vectors));
    const sizes = Float64Array.from(values.slice(0, count), (each) => Math.sqrt(Math.max(0, each)));
    const turnedLeft = multiply({ values: turn }, { values: left }, [block, m, block]);
    const turnedRight = multiply({ values: turn }, { values: right }, [block, n, block]);
    for (const [i, size] of sizes.entries())
      for (let k = i * n; k < (i + 1) * n; k++)
        turnedRight[k] = size > 0 ? turnedRight[k]! / size : 0;
    const taken = sizes.length;
    const found = { left: turnedLeft.slice(0, taken * m), right: turnedRight.slice(0, taken * n) };
    const scaled = found.right.map((value, k) => value * sizes[Math.floor(k / n)]!);
    const columns = { values: found.left, transposed: true };
    const sum = multiply(columns, { values: scaled }, [m, n, taken]);
    let rest = 0;
    for (let k = 0; k < sum.length; k++) rest += (matrix[k]! - sum[k]!) ** 2;
    return { sizes, ...found, rest };
  });
}

/** Makes rows [rows, length] orthonormal, each against those before it, twice (Gram and Schmidt); a row that is none of its own becomes 0. */
function makeOrthonormal(values: Float32Array, rows: number, length: number): void {
  const rowOf = (i: number) => values.subarray(i * length, (i + 1) * length);
  for (let i = 0; i < rows; i++) {
    const row = rowOf(i);
    const before = Math.sqrt(dot(row, row));
    for (let time = 0; time < 2; time++)
      for (let j = 0; j < i; j++) {
        const other = rowOf(j);
        const share = dot(row, other);
        for (let k = 0; k < length; k++) row[k] = row[k]! - share * other[k]!;
      }
    const size = Math.sqrt(dot(row, row));
    const scale = size > 1e-6 * before ? 1 / size : 0;
    for (let k = 0; k < length; k++) row[k] = row[k]! * scale;
  }
}

/** Scalar products of rows, [rows, rows] in float64. */
function gram(values: Float32Array, rows: number, length: number): Float64Array {
  const out = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j <= i; j++)
      out[i * rows + j] = out[j * rows + i] = dot(
        values.subarray(i * length, (i + 1) * length),
        values.subarray(j * length, (j + 1) * length),
      );
  return out;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}
