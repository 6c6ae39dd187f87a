import { bug } from '../errors.ts';
import type { ProductChange, AdapterChange } from '../formats/adapters/adapter.ts';
import {
  openMatrixProducts,
  type Factor,
  type MatrixProducts,
} from '../gpu/simd/matrixProducts.ts';
import { widen } from '../tensor/convert.ts';
import { dtypeBits, isMergeable } from '../tensor/dtype.ts';
import { withPieces } from '../tensor/pieces.ts';
import { asBytes } from '../tensor/release.ts';
import {
  countElements,
  tensorBytes,
  type TensorInfo,
  type TensorReader,
} from '../tensor/tensorIndex.ts';

/** A tensor of a base with the change that an adapter makes of it; `on` is the base's own, absent of one that it lacks. */
export interface LaidTensor {
  on?: TensorInfo;
  change?: AdapterChange;
  /** The module that the adapter changes, where the base has this tensor for it: a head that is one with the embeddings. */
  tied?: string;
}

/** Most weights whose rows' lengths are measured at once. */
const windowElements = 2 ** 20;

/** Matrices that are kept while others of the base's tensors are read, and the bytes of one. */
const [mostKept, keptBytes] = [4, 2 ** 20];

let products: Promise<MatrixProducts> | null = null;

/**
 * Reads a base with an adapter on it, by the names of `laid`: products are made of the elements that are asked for, in float32, so that
 * memory holds these and the adapter's two matrices of one tensor, or of two where they are small.
 */
export function adapterReader(
  laid: ReadonlyMap<string, LaidTensor>,
  own: TensorReader,
  base: TensorReader,
): TensorReader {
  const lengths = new Map<string, Promise<Float64Array>>();

  const floatsOf = async (reader: TensorReader, tensor: TensorInfo, from: number, to: number) => {
    if (!isMergeable(tensor.dtype)) throw bug(`${tensor.name} is ${tensor.dtype}.`);
    const size = dtypeBits[tensor.dtype] / 8;
    const bytes = await reader.read(tensor, from * size, to * size);
    const wide = widen(bytes, tensor.dtype, 'F32');
    return new Float32Array(wide.buffer, wide.byteOffset, to - from);
  };

  const kept = new Map<TensorInfo, Promise<Float32Array<ArrayBuffer>>>();

  /** All of a tensor of the adapter; the last small ones are kept, as one tensor of the base is read in several spans. */
  function wholeOf(tensor: TensorInfo): Promise<Float32Array<ArrayBuffer>> {
    const found = kept.get(tensor);
    if (found) return found;
    const values = floatsOf(own, tensor, 0, countElements(tensor));
    if (tensorBytes(tensor) > keptBytes) return values;
    kept.set(tensor, values);
    values.catch(() => kept.delete(tensor));
    const [oldest] = kept.keys();
    if (oldest && kept.size > mostKept) kept.delete(oldest);
    return values;
  }

  /** Rows [first, first + count) of one. */
  async function rowsOf(tensor: TensorInfo, first: number, count: number) {
    const row = countElements(tensor) / tensor.shape[0]!;
    const [from, to] = [first * row, (first + count) * row];
    if (tensorBytes(tensor) > keptBytes) return floatsOf(own, tensor, from, to);
    return (await wholeOf(tensor)).subarray(from, to);
  }

  async function scaleOf({ alpha, rooted, down }: ProductChange): Promise<number> {
    const rank = down.shape[0]!;
    const given = typeof alpha === 'object' ? (await wholeOf(alpha))[0] : alpha;
    return (given ?? rank) / (rooted ? Math.sqrt(rank) : rank);
  }

  /** Elements [from, to) of base + s · up·down as the base stores them. */
  async function productSpan(
    on: TensorInfo,
    change: ProductChange,
    from: number,
    to: number,
  ): Promise<Float32Array<ArrayBuffer>> {
    const { up, down } = change;
    const rows = on.shape[0]!;
    const columns = countElements(on) / rows;
    const rank = down.shape[0]!;
    const turned = isTurned(on, change);
    const first = Math.floor(from / columns);
    const count = Math.ceil(to / columns) - first;
    const tall = () => (turned ? wholeOf(down) : rowsOf(up, first, count));
    const wide = () => wholeOf(turned ? up : down);
    // What lies first in the file is asked for first, so that both may come of one read.
    const isTallFirst = (turned ? down : up).start < (turned ? up : down).start;
    const ahead = isTallFirst ? tall() : wide();
    const [multiply, scale, weights, left, right] = await Promise.all([
      (products ??= openMatrixProducts()),
      scaleOf(change),
      floatsOf(base, on, from, to),
      isTallFirst ? ahead : tall(),
      isTallFirst ? wide() : ahead,
    ]);
    const values = turned ? columnsOf(left, rank, rows, first, count) : left;
    const scaled = values.map((value) => scale * value);
    const sums = new Float32Array(to - from);
    for (const [row, height, column, width] of blocksOf(from, to, columns)) {
      const at = row * columns + column - from;
      multiply.add(
        weights.subarray(at, at + height * width),
        rowsWithin(scaled, turned, count, row - first, height),
        columnsWithin(right, turned, [rank, columns], column, width),
        [height, width, rank],
        sums.subarray(at, at + height * width),
      );
    }
    return sums;
  }

  /** Lengths of the rows of W + s · up·down; of its columns where the base stores it turned. */
  async function measure(on: TensorInfo, change: ProductChange): Promise<Float64Array> {
    const rows = on.shape[0]!;
    const columns = countElements(on) / rows;
    const turned = isTurned(on, change);
    const squares = new Float64Array(turned ? columns : rows);
    const most = Math.max(1, Math.floor(windowElements / columns));
    for (let first = 0; first < rows; first += most) {
      const count = Math.min(most, rows - first);
      const values = await productSpan(on, change, first * columns, (first + count) * columns);
      for (let k = 0; k < values.length; k++)
        squares[turned ? k % columns : first + Math.floor(k / columns)]! += values[k]! ** 2;
    }
    return squares.map(Math.sqrt);
  }

  async function scaledSpan(on: TensorInfo, change: ProductChange, from: number, to: number) {
    const values = await productSpan(on, change, from, to);
    if (!change.magnitude) return values;
    const known = lengths.get(on.name) ?? measure(on, change);
    lengths.set(on.name, known);
    const [length, magnitude] = await Promise.all([known, wholeOf(change.magnitude)]);
    const columns = countElements(on) / on.shape[0]!;
    const turned = isTurned(on, change);
    for (let k = 0; k < values.length; k++) {
      const at = turned ? (from + k) % columns : Math.floor((from + k) / columns);
      values[k] = values[k]! * Math.fround(magnitude[at]! / length[at]!);
    }
    return values;
  }

  /** Bytes [start, end) of a laid tensor in row-major order. */
  async function readLaid({ name }: TensorInfo, start: number, end: number) {
    const { on, change } = laid.get(name) ?? {};
    if (change?.kind === 'whole') return own.read(change.value, start, end);
    if (!on) throw bug(`The base has no tensor ${name}.`);
    // Others may have the base's bytes in hand.
    if (!change) return (await base.read(on, start, end)).slice();
    if (start % 4 || end % 4) throw bug(`Bytes ${start} to ${end} of ${name} cut its elements.`);
    const [from, to] = [start / 4, end / 4];
    if (change.kind !== 'product') {
      const [values, added] = await Promise.all([
        floatsOf(base, on, from, to),
        floatsOf(own, change.value, from, to),
      ]);
      const { scale = 1 } = change;
      return asBytes(values.map((value, k) => value + Math.fround(scale * added[k]!)));
    }
    return asBytes(await scaledSpan(on, change, from, to));
  }

  return withPieces({
    async read(tensor, start, end) {
      if (!(0 <= start && start <= end && end <= tensorBytes(tensor)))
        throw bug(`Bytes ${start} to ${end} lie outside tensor ${tensor.name}.`);
      return readLaid(tensor, start, end);
    },
  });
}

/** Whether the base stores the product's transpose: a Conv1D of GPT-2, or an embedding. */
export function isTurned({ shape }: Pick<TensorInfo, 'shape'>, change: ProductChange): boolean {
  const [rows, columns] = [change.up.shape[0], change.down.shape[1]];
  const isReverse = shape.length === 2 && shape[0] === columns && shape[1] === rows;
  return isReverse && (rows !== columns || change.turned === true);
}

/** A block of whole rows, or a part of one row. */
type Block = [row: number, height: number, column: number, width: number];

/** The blocks that elements [from, to) of a matrix are, in their order. */
function blocksOf(from: number, to: number, columns: number): Block[] {
  const blocks: Block[] = [];
  for (let at = from; at < to;) {
    const [row, column] = [Math.floor(at / columns), at % columns];
    const height = column === 0 ? Math.max(1, Math.floor((to - at) / columns)) : 1;
    const width = height > 1 ? columns : Math.min(columns - column, to - at);
    blocks.push([row, height, column, width]);
    at += height * width;
  }
  return blocks;
}

/** Rows [first, first + height) of the left factor [rows × rank], which is stored turned where the product is. */
function rowsWithin(
  values: Float32Array,
  transposed: boolean,
  rows: number,
  first: number,
  height: number,
): Factor {
  if (height === rows) return { values, transposed };
  const rank = values.length / rows;
  if (!transposed) return { values: values.subarray(first * rank, (first + height) * rank) };
  return { values: columnsOf(values, rank, rows, first, height), transposed };
}

/** Columns [first, first + width) of the right factor [rank × columns], likewise. */
function columnsWithin(
  values: Float32Array,
  transposed: boolean,
  [rank, columns]: readonly [number, number],
  first: number,
  width: number,
): Factor {
  if (width === columns) return { values, transposed };
  if (transposed)
    return { values: values.subarray(first * rank, (first + width) * rank), transposed };
  return { values: columnsOf(values, rank, columns, first, width) };
}

/** Columns [first, first + count) of a matrix [rank, columns]. */
function columnsOf(
  values: Float32Array,
  rank: number,
  columns: number,
  first: number,
  count: number,
): Float32Array {
  const taken = new Float32Array(rank * count);
  for (let k = 0; k < rank; k++)
    taken.set(values.subarray(k * columns + first, k * columns + first + count), k * count);
  return taken;
}
