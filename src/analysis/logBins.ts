/** Positions by log₁₀|x| in equal bins from `from` to `to`; those with x = 0 are `zeros`. */
export interface LogBins {
  from: number;
  to: number;
  counts: number[];
  zeros: number;
}

/** Bins of a power of ten. */
const perDecade = 5;
/** Powers of ten below the largest that have bins of their own; what is smaller falls in the first. */
const mostDecades = 8;

/** Histogram of |x| by its logarithm; what is NaN or infinite does not count. */
export function logBins(values: Float32Array): LogBins {
  let [least, most] = [Infinity, 0];
  for (const value of values) {
    const size = Math.abs(value);
    if (size > most && size < Infinity) most = size;
    if (size > 0 && size < least) least = size;
  }
  if (most === 0) return { from: 0, to: 0, counts: [], zeros: values.length };
  const to = Math.floor(Math.log10(most)) + 1;
  const from = Math.max(Math.floor(Math.log10(least)), to - mostDecades);
  const counts = new Array<number>((to - from) * perDecade).fill(0);
  let zeros = 0;
  for (const value of values) {
    const size = Math.abs(value);
    if (size === 0) zeros++;
    if (!(size > 0 && size < Infinity)) continue;
    const bin = Math.floor((Math.log10(size) - from) * perDecade);
    counts[Math.min(counts.length - 1, Math.max(0, bin))]!++;
  }
  return { from, to, counts, zeros };
}

/** Σ x² of values [from, to). */
export function sumSquares(values: Float32Array, from: number, to: number): number {
  let sum = 0;
  for (let k = from; k < to; k++) sum += values[k]! * values[k]!;
  return sum;
}
