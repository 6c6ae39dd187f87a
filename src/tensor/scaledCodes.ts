import { bitsFloat, f16ToF32Bits } from './float.ts';
import { toF32Bits } from './convert.ts';
import { bug } from '../errors.ts';
import { asBytes } from './release.ts';
import { dtypeBits } from './dtype.ts';
import type { ScaledCodes, TensorInfo } from './tensorIndex.ts';

/** Reads bytes [start, end) of a tensor as they are stored. */
type ReadStored = (
  tensor: TensorInfo,
  start: number,
  end: number,
) => Promise<Uint8Array<ArrayBuffer>>;

/** Bytes [start, end) of the float32 values [rows × columns] that scaled codes stand for: code · scale / divisor, rounded once. */
export async function readScaled(
  tensor: TensorInfo,
  codes: ScaledCodes,
  start: number,
  end: number,
  read: ReadStored,
): Promise<Uint8Array<ArrayBuffer>> {
  if (start % 4 || end % 4) throw bug(`Bytes ${start} to ${end} of ${tensor.name} are no values.`);
  const [from, to] = [start / 4, end / 4];
  const { dtype, scale, block, divisor } = codes;
  const columns = tensor.shape[1] ?? 1;
  const across = Math.ceil(columns / block[1]);
  const firstRow = Math.floor(Math.floor(from / columns) / block[0]);
  const lastRow = Math.floor(Math.floor(Math.max(from, to - 1) / columns) / block[0]);
  const size = dtypeBits[scale.dtype] / 8;
  const [stored, scales] = await Promise.all([
    read(tensor, from, to),
    read(scale, firstRow * across * size, (lastRow + 1) * across * size),
  ]);
  const factors = asFloats(scales, scale.dtype).map((factor) => factor / divisor);
  const values = valuesOf(stored, dtype);
  for (let k = 0; k < values.length;) {
    const row = Math.floor((from + k) / columns);
    const column = (from + k) % columns;
    const at = Math.floor(column / block[1]);
    const stop = Math.min(values.length, k + Math.min(columns, (at + 1) * block[1]) - column);
    const factor = factors[(Math.floor(row / block[0]) - firstRow) * across + at]!;
    for (; k < stop; k++) values[k]! *= factor;
  }
  return asBytes(values);
}

/** The values of codes, unscaled. */
function valuesOf(
  stored: Uint8Array<ArrayBuffer>,
  dtype: ScaledCodes['dtype'],
): Float32Array<ArrayBuffer> {
  if (dtype === 'I8') return Float32Array.from(stored, (code) => (code << 24) >> 24);
  const bits = Uint32Array.from(toF32Bits[dtype](stored));
  return new Float32Array(bits.buffer);
}

/** Float64, so that a value is rounded once. */
function asFloats(
  bytes: Uint8Array<ArrayBuffer>,
  dtype: ScaledCodes['scale']['dtype'],
): Float64Array {
  const whole = bytes.slice().buffer;
  if (dtype === 'F32') return Float64Array.from(new Float32Array(whole));
  const halves = new Uint16Array(whole);
  return Float64Array.from(halves, (half) =>
    bitsFloat(dtype === 'BF16' ? half << 16 : f16ToF32Bits(half)),
  );
}
