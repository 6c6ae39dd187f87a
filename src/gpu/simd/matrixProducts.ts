import { bug } from '../../errors.ts';
import { kernelsIn } from './kernels.ts';

/** A matrix, row by row; `transposed` where the factor is the transpose of what is stored. */
export interface Factor {
  values: Float32Array;
  transposed?: boolean;
}

export interface MatrixProducts {
  /** A·B [m, n] of A [m, k] and B [k, n] as `into`, which is neither's memory: the same bits on every machine. */
  multiply(
    a: Factor,
    b: Factor,
    sizes: readonly [m: number, n: number, k: number],
    into?: Float32Array<ArrayBuffer>,
  ): Float32Array<ArrayBuffer>;
  /** C + A·B of C [m, n], likewise. */
  add(
    c: Float32Array,
    a: Factor,
    b: Factor,
    sizes: readonly [m: number, n: number, k: number],
    into?: Float32Array<ArrayBuffer>,
  ): Float32Array<ArrayBuffer>;
}

/** Rows and columns of the blocks that are copied in and out, wider where few products are summed: the copies cost little, the memory is bounded. */
const edge = 512;
const blockBytes = 4 * edge * edge;
const [a, b, c, scratch] = [0, blockBytes, 2 * blockBytes, 3 * blockBytes];
const pageBytes = 65_536;

/** Float32 products by SIMD in a memory of their own of 4 MB, of matrices of any size. */
export async function openMatrixProducts(): Promise<MatrixProducts> {
  const memory = new WebAssembly.Memory({ initial: scratch / pageBytes });
  const kernels = await kernelsIn(memory);
  memory.grow(Math.ceil(kernels.scratchBytes.value / pageBytes));
  const heap = new Float32Array(memory.buffer);

  /** Copies rows × columns of a factor into the block at an address; its strides there, in bytes. */
  function fetchBlock(
    at: number,
    { values, transposed = false }: Factor,
    [height, width]: readonly [number, number],
    [row, rows]: readonly [number, number],
    [column, columns]: readonly [number, number],
  ): [row: number, column: number] {
    if (transposed) {
      const [across, along] = fetchBlock(
        at,
        { values },
        [width, height],
        [column, columns],
        [row, rows],
      );
      return [along, across];
    }
    const whole = columns === width;
    const [lines, length] = whole ? [1, rows * columns] : [rows, columns];
    for (let i = 0; i < lines; i++) {
      const start = (row + i) * width + column;
      heap.set(values.subarray(start, start + length), at / 4 + i * columns);
    }
    return [4 * columns, 4];
  }

  function product(
    left: Factor,
    right: Factor,
    [m, n, k]: readonly [number, number, number],
    into: Float32Array<ArrayBuffer>,
    onto: Float32Array | null,
  ): Float32Array<ArrayBuffer> {
    if (left.values.length !== m * k || right.values.length !== k * n || into.length !== m * n)
      throw bug(`These arrays are no matrices of ${m} × ${k}, ${k} × ${n} and ${m} × ${n}.`);
    const side = Math.floor(edge ** 2 / Math.max(1, Math.min(edge, k)));
    const wide = Math.min(n, side);
    const tall = Math.min(side, Math.floor(edge ** 2 / Math.max(1, wide)));
    for (let i = 0; i < m; i += tall)
      for (let j = 0; j < n; j += wide) {
        const [rows, columns] = [Math.min(tall, m - i), Math.min(wide, n - j)];
        if (onto) fetchBlock(c, { values: onto }, [m, n], [i, rows], [j, columns]);
        for (let p = 0; p === 0 || p < k; p += edge) {
          const depth = Math.min(edge, k - p);
          const strideA = fetchBlock(a, left, [m, k], [i, rows], [p, depth]);
          const strideB = fetchBlock(b, right, [k, n], [p, depth], [j, columns]);
          const sizes = [rows, columns, depth] as const;
          kernels.product(
            ...sizes,
            a,
            ...strideA,
            b,
            ...strideB,
            c,
            4 * columns,
            onto !== null || p > 0,
            scratch,
          );
        }
        const [lines, length] = columns === n ? [1, rows * n] : [rows, columns];
        for (let r = 0; r < lines; r++) {
          const from = c / 4 + r * columns;
          into.set(heap.subarray(from, from + length), (i + r) * n + j);
        }
      }
    return into;
  }

  return {
    multiply: (left, right, sizes, into = new Float32Array(sizes[0] * sizes[1])) =>
      product(left, right, sizes, into, null),
    add: (onto, left, right, sizes, into = new Float32Array(onto.length)) =>
      product(left, right, sizes, into, onto),
  };
}
