const f32 = new Float32Array(1);
const u32 = new Uint32Array(f32.buffer);

/** Bits of the f32 nearest to x; 0x7fc00000 for NaN. */
export function floatBits(x: number): number {
  if (Number.isNaN(x)) return 0x7fc00000;
  f32[0] = x;
  return u32[0]!;
}

/** The f32 with these bits. NaN payloads do not survive as a number: copy bits where bytes must stay. */
export function bitsFloat(bits: number): number {
  u32[0] = bits;
  return f32[0]!;
}

/** f16 bits → f32 bits, exact. */
export function f16ToF32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 31;
  const mantissa = half & 0x3ff;
  if (exponent === 31) return (sign | 0x7f800000 | (mantissa << 13)) >>> 0;
  if (exponent !== 0) return (sign | ((exponent + 112) << 23) | (mantissa << 13)) >>> 0;
  return (sign | floatBits(mantissa * 2 ** -24)) >>> 0;
}

/** f32 bits → f16 bits, to nearest even, overflow to Inf. */
export function f32ToF16Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7c00 | Math.max((size >>> 13) & 0x3ff, 1);
  if (size >= 0x477ff000) return sign | 0x7c00;
  if (size >= 0x38800000) return sign | roundShift(size - 0x38000000, 13);
  return sign | roundToEven(bitsFloat(size) * 2 ** 24);
}

/** f32 bits → bf16 bits, to nearest even. */
export function f32ToBf16Bits(bits: number): number {
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return (bits >>> 16) | ((size & 0x7f0000) === 0 ? 0x40 : 0);
  return ((bits >>> 16) & 0x8000) | roundShift(size, 16);
}

/** x / 2^shift to nearest even, for whole x. */
function roundShift(x: number, shift: number): number {
  const kept = x >>> shift;
  const half = 1 << (shift - 1);
  const rest = x & (2 * half - 1);
  return rest > half || (rest === half && kept & 1) ? kept + 1 : kept;
}

/** The nearest whole number, of two the even one. */
export function roundToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
