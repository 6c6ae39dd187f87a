import { bitsFloat } from '../../tensor/float.ts';
import type { Kernel } from '../compute.ts';
import source from './histogram.wgsl?raw';
import { openRows, rowBytes } from '../simd/rows.ts';
import { createKeys, keyRows, keysWgsl } from './keys.ts';
import { blockElements, blocksOf, inputWords } from './numeric.ts';

/** Bins of one model at one level. */
export const binCount = 65_536;

/**
 * Histogram of keys by their high 16 bits, followed by those of the low ones under each of `bracket` high ones from the row's
 * bound on; at level 1 of the low ones under its bound alone. Params: elements, level, threads, rows, 1 / rows, 0, bracket.
 */
export const histogram: Kernel = {
  id: 'histogram',
  wgsl: keysWgsl + source,
  access: ['read', 'read', 'write'],
  reference([weights, inputs, bins], [elements, level, , rows, share, , bracket = 0], constants) {
    const of = { weights: weights!, inputs: inputs!, rows: rows!, share: bitsFloat(share!) };
    const open = openRows(keyRows * rowBytes);
    const fill = createKeys(of, constants, open);
    const row = open.row();
    const keys = new Int32Array(row.words.buffer, row.at, blockElements);
    const stride = (1 + bracket) * binCount;
    for (let m = 0; m < rows!; m++) {
      // As signed words: V8 counts unsigned ones as doubles.
      const own = new Int32Array(bins!.buffer, bins!.byteOffset + 4 * m * stride, stride);
      const prefix = inputs![(m + 1) * inputWords + 2]!;
      for (const block of blocksOf(elements!)) {
        fill(m, block, row);
        if (level !== 0) countLow(keys, block[1], prefix, own);
        else if (bracket === 0) countHigh(keys, block[1], own);
        else countBoth(keys, block[1], prefix, own);
      }
    }
  },
};

function countHigh(keys: Int32Array, count: number, bins: Int32Array): void {
  for (let k = 0; k < count; k++) bins[keys[k]! >>> 16]!++;
}

function countLow(keys: Int32Array, count: number, prefix: number, bins: Int32Array): void {
  for (let k = 0; k < count; k++) if (keys[k]! >>> 16 === prefix) bins[keys[k]! & 0xffff]!++;
}

/** The bins of the bracket follow those of the high bits. */
function countBoth(keys: Int32Array, count: number, prefix: number, bins: Int32Array): void {
  const first = prefix * binCount;
  const size = bins.length - binCount;
  for (let k = 0; k < count; k++) {
    const key = keys[k]!;
    bins[key >>> 16]!++;
    const at = key - first;
    if (at >= 0 && at < size) bins[binCount + at]!++;
  }
}
