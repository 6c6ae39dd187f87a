import { isMergeable } from './dtype.ts';
import { gatherStrided } from './gatherStrided.ts';
import { readEach } from './readEach.ts';
import {
  tensorBytes,
  type TensorInfo,
  type TensorPiece,
  type TensorReader,
} from './tensorIndex.ts';

/** Rows [from, to) of a tensor; null where it has no such rows, or its dtype does not merge. */
export function rowsOf(tensor: TensorInfo, from: number, to: number): TensorInfo | null {
  const { name, dtype, shape } = tensor;
  const [rows, ...row] = shape;
  if (rows === undefined || from < 0 || to > rows || !isMergeable(dtype)) return null;
  const rowBytes = tensorBytes({ dtype, shape: row });
  const pieces = [{ tensor, start: from * rowBytes, end: to * rowBytes }];
  return { ...plain(tensor), name: `${name}[${from}:${to}]`, shape: [to - from, ...row], pieces };
}

/** The rows of tensors one after the other; null where they differ in dtype or in the shape of a row. */
export function joinedRows(tensors: readonly TensorInfo[]): TensorInfo | null {
  const [first] = tensors;
  if (!first || !isMergeable(first.dtype)) return null;
  const [, ...row] = first.shape;
  const fits = ({ dtype, shape: [rows, ...own] }: TensorInfo) =>
    rows !== undefined && dtype === first.dtype && own.join() === row.join();
  if (!tensors.every(fits)) return null;
  const rows = tensors.reduce((sum, { shape: [own = 0] }) => sum + own, 0);
  const name = tensors.map((each) => each.name).join(' + ');
  return { ...plain(first), name, shape: [rows, ...row], pieces: tensors.map(wholeOf) };
}

/** A matrix with rows for columns; null for what is none. */
export function turned(tensor: TensorInfo): TensorInfo | null {
  const { name, dtype, shape } = tensor;
  const [rows, columns] = shape;
  if (rows === undefined || columns === undefined || shape.length > 2) return null;
  if (!isMergeable(dtype)) return null;
  const how = { shape: [columns, rows], strides: [1, columns], pieces: [wholeOf(tensor)] };
  return { ...plain(tensor), name: `${name} turned`, ...how };
}

const wholeOf = (tensor: TensorInfo): TensorPiece => ({
  ...{ tensor, start: 0 },
  end: tensorBytes(tensor),
});

const plain = ({ dtype, file, start, end }: TensorInfo) => ({ dtype, file, start, end });

/** The reader, able to read tensors made of pieces as well. */
export function withPieces<R extends TensorReader>(reader: R): R {
  const { readAll } = reader;
  const read: TensorReader['read'] = (tensor, start, end) => {
    const { pieces, strides } = tensor;
    if (!pieces) return reader.read(tensor, start, end);
    const span = (from: number, to: number) => readSpan(reader, pieces, from, to);
    return strides ? gatherStrided(tensor, start, end, span) : span(start, end);
  };
  return {
    ...reader,
    read,
    ...(readAll && {
      readAll: (tensors: readonly TensorInfo[]) =>
        tensors.some(({ pieces }) => pieces) ? readEach({ read }, tensors) : readAll(tensors),
    }),
  };
}

/** Bytes [start, end) of pieces one after the other. */
async function readSpan(
  reader: TensorReader,
  pieces: readonly TensorPiece[],
  start: number,
  end: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const reads: Promise<Uint8Array<ArrayBuffer>>[] = [];
  let at = 0;
  for (const piece of pieces) {
    const [from, to] = [Math.max(start, at), Math.min(end, at + piece.end - piece.start)];
    const first = piece.start - at;
    if (from < to) reads.push(reader.read(piece.tensor, first + from, first + to));
    at += piece.end - piece.start;
  }
  const [only, ...more] = await Promise.all(reads);
  if (only && more.length === 0) return only;
  const all = new Uint8Array(end - start);
  let filled = 0;
  for (const bytes of only ? [only, ...more] : []) {
    all.set(bytes, filled);
    filled += bytes.length;
  }
  return all;
}
