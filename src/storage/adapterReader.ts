import { bug } from '../errors.ts';
import type { ProductChange, AdapterChange } from '../formats/adapters/adapter.ts';
import { openMatrixProducts, type MatrixProducts } from '../gpu/simd/matrixProducts.ts';
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

let products: Promise<MatrixProducts> | null = null;

/**
 * Reads a base with an adapter on it, by the names of `laid`: products are made of the rows that are asked for, in float32, so that
 * memory holds these and the adapter's two matrices of one tensor.
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

  const wholeOf = (tensor: TensorInfo) => floatsOf(own, tensor, 0, countElements(tensor));

  async function scaleOf({ alpha, rooted, down }: ProductChange): Promise<number> {
    const rank = down.shape[0]!;
    const given = typeof alpha === 'object' ? (await wholeOf(alpha))[0] : alpha;
    return (given ?? rank) / (rooted ? Math.sqrt(rank) : rank);
  }

  /** Rows [first, first + count) of base + s · up·down as the base stores them. */
  async function productRows(
    on: TensorInfo,
    change: ProductChange,
    first: number,
    count: number,
  ): Promise<Float32Array<ArrayBuffer>> {
    const { up, down } = change;
    const columns = countElements(on) / on.shape[0]!;
    const rank = down.shape[0]!;
    const turned = isTurned(on, change);
    const [multiply, scale, weights, left, right] = await Promise.all([
      (products ??= openMatrixProducts()),
      scaleOf(change),
      floatsOf(base, on, first * columns, (first + count) * columns),
      turned ? wholeOf(down) : floatsOf(own, up, first * rank, (first + count) * rank),
      wholeOf(turned ? up : down),
    ]);
    const rows = turned ? rowsOfTurned(left, rank, on.shape[0]!, first, count) : { values: left };
    const scaled = { ...rows, values: rows.values.map((value) => scale * value) };
    const factor = { values: right, transposed: turned };
    return multiply.add(weights, scaled, factor, [count, columns, rank]);
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
      const values = await productRows(on, change, first, count);
      for (let k = 0; k < values.length; k++)
        squares[turned ? k % columns : first + Math.floor(k / columns)]! += values[k]! ** 2;
    }
    return squares.map(Math.sqrt);
  }

  async function scaledRows(on: TensorInfo, change: ProductChange, first: number, count: number) {
    const values = await productRows(on, change, first, count);
    if (!change.magnitude) return values;
    const known = lengths.get(on.name) ?? measure(on, change);
    lengths.set(on.name, known);
    const [length, magnitude] = await Promise.all([known, wholeOf(change.magnitude)]);
    const columns = values.length / count;
    const turned = isTurned(on, change);
    for (let k = 0; k < values.length; k++) {
      const at = turned ? k % columns : first + Math.floor(k / columns);
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
    const columns = countElements(on) / on.shape[0]!;
    const first = Math.floor(from / columns);
    const count = Math.ceil(to / columns) - first;
    const rows = await scaledRows(on, change, first, count);
    const span = [from - first * columns, to - first * columns] as const;
    return asBytes(span[0] === 0 && span[1] === rows.length ? rows : rows.slice(...span));
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

/** Rows [first, first + count) of the transpose of a matrix [rank, rows]. */
function rowsOfTurned(
  values: Float32Array,
  rank: number,
  rows: number,
  first: number,
  count: number,
) {
  const taken = new Float32Array(rank * count);
  for (let k = 0; k < rank; k++)
    taken.set(values.subarray(k * rows + first, k * rows + first + count), k * count);
  return { values: taken, transposed: true };
}
