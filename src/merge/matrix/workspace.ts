import type { AdamOptions } from '../../gpu/kernels/adamStep.ts';
import { matrixKernelsIn } from '../../gpu/simd/matrixKernels.ts';

/** A matrix in the memory of a workspace; strides are bytes from a row, or a column, to the next. */
export interface Placed {
  rows: number;
  columns: number;
  /** Bytes of an element: f32 or f64. */
  bytes: 4 | 8;
  at: number;
  row: number;
  column: number;
}

/** T as rows in f64; `off`[i] stands between i − 1 and i. */
export interface Tridiagonal {
  diagonal: Placed;
  off: Placed;
}

/** Matrices in the memory of the SIMD kernels, and what these make of them. */
export interface Workspace {
  /** Whether eigenvectors had to be turned along since this was last set to false. */
  fellBack: boolean;
  /** A matrix of zeros, row by row. */
  zeros(rows: number, columns: number, bytes?: 4 | 8): Placed;
  /** The elements of a matrix that lies row by row, until the next one is placed. */
  elements(matrix: Placed): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;
  /** The same of one in f64. */
  doubles(matrix: Placed): Float64Array<ArrayBuffer>;
  /** C = A·B, or C + A·B with `add`; all of the same type. */
  multiply(c: Placed, a: Placed, b: Placed, add?: boolean): void;
  /** Adds AᵀB, which is symmetric, to G: all in f64, G row by row, of which the lower triangle is right until `mirror`. */
  addGram(g: Placed, a: Placed, b?: Placed): void;
  /** Copies the lower triangle of a matrix, row by row in f64, to the upper one. */
  mirror(g: Placed): void;
  /** Householder's reduction of a symmetric [n, n] in f64, row by row, whose rows become reflectors: see assembly/tridiagonalise.ts. */
  tridiagonalise(a: Placed): Tridiagonal & { tau: Placed };
  /** Steps of inverse iteration of x, a row, in rows [from, to) of T: see assembly/inverseIteration.ts. */
  inverseIteration(
    tridiagonal: Tridiagonal,
    [from, to]: readonly [number, number],
    value: number,
    x: Placed,
    steps: number,
  ): number;
  /** A step of Adam, from 1, of matrices of one shape in f32, row by row; does not decay. */
  adam(
    [gradient, theta, m, v]: readonly [Placed, Placed, Placed, Placed],
    options: AdamOptions,
    step: number,
  ): void;
  /** Does the work; what was placed meanwhile is gone after it. */
  within<T>(work: () => T): T;
}

const pageBytes = 65_536;
/** Rows of a Gram matrix that are made at once, up to the diagonal. */
const gramRows = 128;

/** The matrix turned over, in the same place. */
export function turned(matrix: Placed): Placed {
  const { rows, columns, row, column } = matrix;
  return { ...matrix, rows: columns, columns: rows, row: column, column: row };
}

/** Rows [row, row + rows) and columns [column, column + columns) of a matrix, in the same place. */
export function part(
  matrix: Placed,
  [row, rows]: readonly [number, number],
  [column, columns]: readonly [number, number],
): Placed {
  return {
    ...{ ...matrix, rows, columns },
    at: matrix.at + row * matrix.row + column * matrix.column,
  };
}

let shared: Promise<Workspace> | undefined;

/** This thread's workspace: work in it is done before it is left for other work. */
export function openWorkspace(): Promise<Workspace> {
  return (shared ??= create());
}

async function create(): Promise<Workspace> {
  const memory = new WebAssembly.Memory({ initial: 0 });
  const { singles, doubles, reduction, iteration, adam } = await matrixKernelsIn(memory);
  let top = 0;
  const reserve = (bytes: number) => {
    const at = top;
    top += Math.ceil(bytes / 16) * 16;
    const missing = top - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
    return at;
  };
  const scratch = reserve(Math.max(singles.scratchBytes.value, doubles.scratchBytes.value));

  const workspace: Workspace = {
    fellBack: false,
    zeros(rows, columns, bytes = 8) {
      const at = reserve(rows * columns * bytes);
      const placed: Placed = { rows, columns, bytes, at, row: columns * bytes, column: bytes };
      workspace.elements(placed).fill(0);
      return placed;
    },
    elements(matrix) {
      const { rows, columns, bytes, at } = matrix;
      return bytes === 8
        ? workspace.doubles(matrix)
        : new Float32Array(memory.buffer, at, rows * columns);
    },
    doubles: ({ rows, columns, at }) => new Float64Array(memory.buffer, at, rows * columns),
    multiply(c, a, b, add = false) {
      if (c.column !== c.bytes) return workspace.multiply(turned(c), turned(b), turned(a), add);
      const { product } = c.bytes === 4 ? singles : doubles;
      const sizes = [c.rows, c.columns, a.columns] as const;
      const factors = [a.at, a.row, a.column, b.at, b.row, b.column] as const;
      product(...sizes, ...factors, c.at, c.row, add, scratch);
    },
    addGram(g, a, b = a) {
      const all = [0, a.rows] as const;
      for (let from = 0; from < g.rows; from += gramRows) {
        const rows = Math.min(gramRows, g.rows - from);
        const c = part(g, [from, rows], [0, from + rows]);
        const left = turned(part(a, all, [from, rows]));
        workspace.multiply(c, left, part(b, all, [0, from + rows]), true);
      }
    },
    mirror(g) {
      const values = workspace.doubles(g);
      const n = g.rows;
      for (let i = 0; i < n; i++)
        for (let j = i + 1; j < n; j++) values[i * n + j] = values[j * n + i]!;
    },
    tridiagonalise(a) {
      const n = a.rows;
      const row = () => workspace.zeros(1, n);
      const [diagonal, off, tau] = [row(), row(), row()];
      const free = reserve(reduction.scratchBytes(n));
      reduction.tridiagonalise(n, a.at, diagonal.at, off.at, tau.at, free);
      return { diagonal, off, tau };
    },
    inverseIteration({ diagonal, off }, [from, to], value, x, steps) {
      const n = to - from;
      const least = 2 ** -52 * Math.abs(value) || Number.MIN_VALUE;
      const shift = 8 * from;
      const [d, e, at] = [diagonal.at + shift, off.at + shift, x.at + shift];
      return workspace.within(() => {
        const free = reserve(iteration.scratchBytes(n));
        return iteration.inverseIteration(n, d, e, value, least, at, steps, free);
      });
    },
    adam([gradient, theta, m, v], options, step) {
      // Beyond the last element there is room for three more.
      const count = Math.ceil((theta.rows * theta.columns) / 4) * 4;
      const { rate, beta1, beta2, epsilon } = options;
      const corrections = [1 / (1 - beta1 ** step), 1 / (1 - beta2 ** step)] as const;
      const addresses = [gradient.at, theta.at, m.at, v.at] as const;
      adam.adam(count, ...addresses, rate, beta1, beta2, epsilon, ...corrections);
    },
    within(work) {
      const before = top;
      try {
        return work();
      } finally {
        top = before;
      }
    },
  };
  return workspace;
}
