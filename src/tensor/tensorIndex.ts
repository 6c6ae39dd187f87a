import { dtypeBits, type DType } from './dtype.ts';

/**
 * One tensor: its bytes are [start, end) of weight file number `file`. Tensors may share bytes, and lie in any order with
 * gaps between them.
 */
export interface TensorInfo {
  name: string;
  dtype: DType;
  shape: readonly number[];
  file: number;
  start: number;
  end: number;
  /** In elements, of a tensor whose elements do not lie in row-major order: [start, end) goes from its first to its last. */
  strides?: readonly number[];
  /** Set where [start, end) holds codes: its values, of `dtype` F32, are these times their scales. */
  codes?: ScaledCodes;
  /** Set of a tensor that no file holds so: its elements are those of these, one after the other, and `strides` count in them. */
  pieces?: readonly TensorPiece[];
}

/** Bytes [start, end) of a tensor's elements in row-major order. */
export interface TensorPiece {
  tensor: TensorInfo;
  start: number;
  end: number;
}

/** How codes [rows × columns] stand for values: code · scale / divisor, a scale for each block of rows and columns. */
export interface ScaledCodes {
  dtype: 'F8_E4M3' | 'F8_E5M2' | 'I8';
  /** [blocks down × blocks across], row-major, F32, F16 or BF16. */
  scale: TensorInfo;
  block: readonly [rows: number, columns: number];
  divisor: number;
}

/** Every tensor of a checkpoint in file order (by file, then by offset), and the files that hold them. */
export interface TensorIndex {
  files: readonly { name: string; bytes: number }[];
  tensors: readonly TensorInfo[];
  metadata: Readonly<Record<string, string>>;
}

/** Number of elements of a tensor; 1 for a scalar. Shapes are checked for overflow when they are parsed. */
export function countElements(tensor: Pick<TensorInfo, 'shape'>): number {
  return tensor.shape.reduce((product, size) => product * size, 1);
}

/** Bytes of a tensor's elements in row-major order, fewer than it spans when it has gaps. */
export function tensorBytes(tensor: Pick<TensorInfo, 'shape' | 'dtype'>): number {
  return (countElements(tensor) * dtypeBits[tensor.dtype]) / 8;
}

/** Reads bytes [start, end) of a tensor's elements in row-major order, wherever they lie. */
export interface TensorReader {
  read(tensor: TensorInfo, start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
  /** The bytes of small tensors, one after the other: fewer reads than one of each. */
  readAll?(tensors: readonly TensorInfo[]): Promise<Uint8Array<ArrayBuffer>>;
}
