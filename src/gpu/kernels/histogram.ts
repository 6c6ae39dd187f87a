import { bitsFloat } from '../../tensor/float.ts';
import type { Kernel } from '../compute.ts';
import source from './histogram.wgsl?raw';
import { keyOf, keysWgsl } from './keys.ts';
import { inputWords } from './numeric.ts';

/** Bins of one model at one level. */
export const binCount = 65_536;

/** Histogram of keys by their high, then their low 16 bits. Params: elements, level, threads, rows, 1 / rows, 0. One row each. */
export const histogram: Kernel = {
  id: 'histogram',
  wgsl: keysWgsl + source,
  access: ['read', 'read', 'write'],
  reference([weights, inputs, bins], [elements, level, , rows, share], constants) {
    const of = { weights: weights!, inputs: inputs!, rows: rows!, share: bitsFloat(share!) };
    for (let m = 0; m < rows!; m++) {
      const prefix = inputs![(m + 1) * inputWords + 2]!;
      for (let k = 0; k < elements!; k++) {
        const key = keyOf(of, m, k, constants);
        const high = key >>> 16;
        if (level === 0) bins![m * binCount + high]!++;
        else if (high === prefix) bins![m * binCount + (key & 0xffff)]!++;
      }
    }
  },
};
