import { unsupported } from '../errors.ts';
import { isConverted, toF32Bits } from '../tensor/convert.ts';
import { dtypeBits } from '../tensor/dtype.ts';
import { f16ToF32Bits } from '../tensor/float.ts';
import { release } from '../tensor/release.ts';
import { countElements, type TensorInfo, type TensorReader } from '../tensor/tensorIndex.ts';

/** Bytes read at a time. */
const pieceBytes = 8 * 2 ** 20;

/** All values of a tensor as float32 [elements]; throws Unsupported for integers. */
export async function readF32(
  reader: TensorReader,
  info: TensorInfo,
): Promise<Float32Array<ArrayBuffer>> {
  return readF32Range(reader, info, 0, countElements(info));
}

/** Values [start, end) of a tensor, counted in row-major order, as float32. */
export async function readF32Range(
  reader: TensorReader,
  info: TensorInfo,
  start: number,
  end: number,
): Promise<Float32Array<ArrayBuffer>> {
  const size = dtypeBits[info.dtype] / 8;
  if (info.dtype === 'F32' && (end - start) * size <= pieceBytes) {
    const bytes = await reader.read(info, start * size, end * size);
    const whole = bytes.byteLength === bytes.buffer.byteLength;
    return new Float32Array(whole ? bytes.buffer : bytes.slice().buffer);
  }
  const out = new Uint32Array(end - start);
  const step = Math.floor(pieceBytes / size);
  for (let from = start; from < end; from += step) {
    const to = Math.min(end, from + step);
    const bytes = await reader.read(info, from * size, to * size);
    decode(info, bytes, out.subarray(from - start, to - start));
    release(bytes);
  }
  return new Float32Array(out.buffer);
}

let f16Values: Uint32Array | null = null;

/** f32 bits of every f16. */
function f16Table(): Uint32Array {
  f16Values ??= Uint32Array.from({ length: 65_536 }, (_, half) => f16ToF32Bits(half));
  return f16Values;
}

function decode({ name, dtype }: TensorInfo, bytes: Uint8Array<ArrayBuffer>, out: Uint32Array) {
  if (dtype === 'F32') out.set(new Uint32Array(bytes.buffer, bytes.byteOffset, out.length));
  else if (dtype === 'BF16') halves(bytes, out, (half) => half << 16);
  else if (dtype === 'F16') {
    const table = f16Table();
    halves(bytes, out, (half) => table[half]!);
  } else if (isConverted(dtype)) out.set(toF32Bits[dtype](bytes));
  else
    throw unsupported(
      `${name} holds ${dtype} values, and models are run on floating-point weights only. Convert the checkpoint to float16 or float32.`,
    );
}

function halves(bytes: Uint8Array, out: Uint32Array, widen: (half: number) => number): void {
  const from = new Uint16Array(bytes.buffer, bytes.byteOffset, out.length);
  for (let i = 0; i < out.length; i++) out[i] = widen(from[i]!);
}
