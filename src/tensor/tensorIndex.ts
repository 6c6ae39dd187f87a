import type { DType } from './dtype.ts';

/** One tensor: its bytes are [start, end) of weight file number `file`. */
export interface TensorInfo {
  name: string;
  dtype: DType;
  shape: readonly number[];
  file: number;
  start: number;
  end: number;
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

/** Reads bytes [start, end), counted from the tensor's first byte. */
export interface TensorReader {
  read(tensor: TensorInfo, start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}
