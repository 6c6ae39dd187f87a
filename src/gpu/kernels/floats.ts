/** Words as the float32 values whose bits they are. */
export function floats(words: Uint32Array): Float32Array {
  return new Float32Array(words.buffer, words.byteOffset, words.length);
}

const steps = 64;
const perStep = Math.LN2 / steps;
const fractions = Float64Array.from({ length: steps }, (_, i) => 2 ** (i / steps));
/** Beyond it σ is 0 or 1 in f32. */
const farthest = 104;
const powers = Float64Array.from({ length: 305 }, (_, i) => 2 ** (i - 152));

/** 1 / (1 + e^−x), within 1e-10: Math.exp is three times as slow. e^−x = 2^(n/64)·e^r, |r| ≤ ln 2 / 128. */
export function sigmoid(x: number): number {
  const y = Math.max(-farthest, Math.min(farthest, -x)) / perStep;
  const n = Math.floor(y + 0.5);
  const r = (y - n) * perStep;
  const exp = 1 + r * (1 + r * (0.5 + r * (1 / 6)));
  return 1 / (1 + powers[(n >> 6) + 152]! * fractions[n & 63]! * exp);
}
