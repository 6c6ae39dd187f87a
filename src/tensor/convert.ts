import type { DType, MergeableDType } from './dtype.ts';
import { bitsFloat, f16ToF32Bits, floatBits, roundToEven } from './float.ts';

/** The dtypes that kernels do not read: converted to f32 on the way in, and back on the way out. */
export type ConvertedDType = 'F64' | 'F8_E4M3' | 'F8_E5M2';

export function isConverted(dtype: DType): dtype is ConvertedDType {
  return dtype in toF32Bits;
}

/** Elements as f32 bits; F64 rounds to nearest even. */
export const toF32Bits: Record<ConvertedDType, (bytes: Uint8Array<ArrayBuffer>) => Uint32Array> = {
  F64: (bytes) => {
    const values = Float32Array.from(new Float64Array(bytes.slice().buffer));
    return new Uint32Array(values.buffer);
  },
  F8_E4M3: (bytes) => Uint32Array.from(bytes, (code) => e4m3ToF32Bits(code)),
  F8_E5M2: (bytes) => Uint32Array.from(bytes, (code) => f16ToF32Bits(code << 8)),
};

/** f32 bits as elements, to nearest even; overflow becomes NaN in F8_E4M3 and Inf in F8_E5M2. */
export const fromF32Bits: Record<ConvertedDType, (bits: Uint32Array) => Uint8Array<ArrayBuffer>> = {
  F64: (bits) => {
    const values = new Float32Array(bits.buffer, bits.byteOffset, bits.length);
    return new Uint8Array(Float64Array.from(values).buffer);
  },
  F8_E4M3: (bits) => Uint8Array.from(bits, (each) => toF8(each, 3, 7, 0x7e, 0x7f)),
  F8_E5M2: (bits) => Uint8Array.from(bits, (each) => toF8(each, 2, 15, 0x7b, 0x7c)),
};

/** Elements as those of F32 or F64, which hold every value of the narrower dtypes. */
export function widen(
  bytes: Uint8Array<ArrayBuffer>,
  from: MergeableDType,
  to: 'F32' | 'F64',
): Uint8Array<ArrayBuffer> {
  if (from === to) return bytes;
  const bits = f32BitsOf(bytes, from);
  return to === 'F64' ? fromF32Bits.F64(bits) : new Uint8Array(bits.buffer);
}

function f32BitsOf(bytes: Uint8Array<ArrayBuffer>, from: MergeableDType): Uint32Array<ArrayBuffer> {
  if (from === 'F32') return new Uint32Array(bytes.slice().buffer);
  if (isConverted(from)) return Uint32Array.from(toF32Bits[from](bytes));
  const halves = new Uint16Array(bytes.slice().buffer);
  return Uint32Array.from(halves, (half) => (from === 'BF16' ? half << 16 : f16ToF32Bits(half)));
}

function e4m3ToF32Bits(code: number): number {
  const sign = (code & 0x80) << 24;
  const exponent = (code >> 3) & 15;
  const mantissa = code & 7;
  if ((code & 0x7f) === 0x7f) return (sign | 0x7fc00000) >>> 0;
  const size = exponent === 0 ? mantissa * 2 ** -9 : (8 + mantissa) * 2 ** (exponent - 10);
  return (sign | floatBits(size)) >>> 0;
}

function toF8(bits: number, mantissaBits: number, bias: number, max: number, over: number): number {
  const sign = (bits >>> 24) & 0x80;
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return sign | (over === 0x7f ? 0x7f : over | ((size >>> 21) & 3 || 2));
  const exponent = Math.max((size >>> 23) - 127, 1 - bias);
  const units = roundToEven(bitsFloat(size) * 2 ** (mantissaBits - exponent));
  const code = ((exponent + bias - 1) << mantissaBits) + units;
  return sign | (size === 0x7f800000 || code > max ? over : code);
}
