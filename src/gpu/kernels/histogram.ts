import type { Kernel } from '../compute.ts';
import source from './histogram.wgsl?raw';
import { distance, inputWords, load } from './numeric.ts';
import numeric from './numeric.wgsl?raw';

/** Bins of one model at one level. */
export const binCount = 65_536;

/** Histogram of |τ| by its high, then its low 16 bits. Params: elements, level, threads. One row per model. */
export const histogram: Kernel = {
  id: 'histogram',
  wgsl: numeric + source,
  workgroupSize: 64,
  access: ['read', 'read', 'write'],
  reference([weights, inputs, bins], [elements, level]) {
    const models = bins!.length / binCount;
    for (let m = 0; m < models; m++) {
      const prefix = inputs![(m + 1) * inputWords + 2]!;
      for (let k = 0; k < elements!; k++) {
        const key = distance(load(weights!, inputs!, m + 1, k), load(weights!, inputs!, 0, k));
        const high = key >>> 16;
        if (level === 0) bins![m * binCount + high]!++;
        else if (high === prefix) bins![m * binCount + (key & 0xffff)]!++;
      }
    }
  },
};
