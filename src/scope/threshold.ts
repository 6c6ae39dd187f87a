import { bug } from '../errors.ts';
import { binCount } from '../gpu/kernels/histogram.ts';

/**
 * The mask of one model: |τ| above `key` (f32 bits), and of the `equal` ones the first `ties` in position order. Journals of
 * earlier versions do not tell how many are equal.
 */
export interface Threshold {
  key: number;
  ties: number;
  equal?: number;
}

/** Where the count-th largest key falls in a histogram: its bin, and how many are still wanted inside. */
export interface BinSearch {
  bin: number;
  wanted: number;
}

/** Finds the bin of the `count`-th largest value; `bins` ascend. Null when count is 0. */
export function findBin(bins: Uint32Array, count: number): BinSearch | null {
  if (count === 0) return null;
  let wanted = count;
  for (let bin = binCount - 1; bin >= 0; bin--) {
    const size = bins[bin] ?? 0;
    if (size >= wanted) return { bin, wanted };
    wanted -= size;
  }
  throw bug(`A histogram holds fewer than ${count} values.`);
}

/** No position at all. */
export const nothing: Threshold = { key: 0xffffffff, ties: 0, equal: 0 };

/** The threshold from the bin of the high 16 bits and the histogram of the low ones inside it. */
export function thresholdOf(high: BinSearch | null, lowBins: Uint32Array): Threshold {
  if (!high) return nothing;
  const low = findBin(lowBins, high.wanted);
  if (!low) return nothing;
  return { key: high.bin * binCount + low.bin, ties: low.wanted, equal: lowBins[low.bin] ?? 0 };
}

/** How many positions have a τ that is NaN or infinite, from the histogram of the high bits. */
export function countNonFinite(highBins: Uint32Array): number {
  return highBins.subarray(0x7f80, binCount).reduce((sum, size) => sum + size, 0);
}
