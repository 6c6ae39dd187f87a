import { dtypeBits } from './dtype.ts';
import { tensorBytes, type TensorInfo } from './tensorIndex.ts';

const plainKeys = new Set(['name', 'dtype', 'shape', 'file', 'start', 'end', 'strides']);

/** Whether the elements of a tensor lie in one place of a file, as they are. */
export const isPlain = (tensor: TensorInfo) =>
  Object.keys(tensor).every((key) => plainKeys.has(key));

/** Rows [from, to) of a plain tensor, as a tensor of the same name. */
export function sliceRows(tensor: TensorInfo, from: number, to: number): TensorInfo {
  const { shape, strides, start, dtype } = tensor;
  const [rows = 0, ...rest] = shape;
  if (from === 0 && to === rows) return tensor;
  const rowBytes = strides
    ? ((strides[0] ?? 0) * dtypeBits[dtype]) / 8
    : tensorBytes({ dtype, shape: rest });
  const first = start + from * rowBytes;
  const end = strides ? tensor.end : start + to * rowBytes;
  return { ...tensor, shape: [to - from, ...rest], start: first, end };
}
