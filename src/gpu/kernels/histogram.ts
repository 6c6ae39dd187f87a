import { bitsFloat } from '../../tensor/float.ts';
import type { Kernel } from '../compute.ts';
import source from './histogram.wgsl?raw';
import { createKeys, keysWgsl } from './keys.ts';
import { blockElements, blocksOf, inputWords } from './numeric.ts';

/** Bins of one model at one level. */
export const binCount = 65_536;

/** Histogram of keys by their high, then their low 16 bits. Params: elements, level, threads, rows, 1 / rows, 0. One row each. */
export const histogram: Kernel = {
  id: 'histogram',
  wgsl: keysWgsl + source,
  access: ['read', 'read', 'write'],
  reference([weights, inputs, bins], [elements, level, , rows, share], constants) {
    const of = { weights: weights!, inputs: inputs!, rows: rows!, share: bitsFloat(share!) };
    const fill = createKeys(of, constants);
    const keys = new Uint32Array(blockElements);
    for (let m = 0; m < rows!; m++) {
      const own = bins!.subarray(m * binCount, (m + 1) * binCount);
      const prefix = inputs![(m + 1) * inputWords + 2]!;
      for (const block of blocksOf(elements!)) {
        fill(m, block, keys);
        if (level === 0) countHigh(keys, block[1], own);
        else countLow(keys, block[1], prefix, own);
      }
    }
  },
};

function countHigh(keys: Uint32Array, count: number, bins: Uint32Array): void {
  for (let k = 0; k < count; k++) bins[keys[k]! >>> 16]!++;
}

function countLow(keys: Uint32Array, count: number, prefix: number, bins: Uint32Array): void {
  for (let k = 0; k < count; k++) if (keys[k]! >>> 16 === prefix) bins[keys[k]! & 0xffff]!++;
}
