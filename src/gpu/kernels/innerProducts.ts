import { bitsFloat, floatBits } from '../../tensor/float.ts';
import type { Kernel } from '../compute.ts';
import source from './innerProducts.wgsl?raw';
import { load } from './numeric.ts';
import numeric from './numeric.wgsl?raw';

const { fround } = Math;

/** Partial sums of an inner product; run with as many threads. */
export const partialSums = 256;

/** Inner products of every pair of models in a fixed order. Params: elements, models, 0. One row per ordered pair. */
export const innerProducts: Kernel = {
  id: 'innerProducts',
  wgsl: numeric + source,
  access: ['read', 'read', 'write'],
  reference([weights, inputs, partial], [elements, models], { DELTA = 0 }) {
    const x = new Float32Array(models!);
    const sums = new Float32Array(models! ** 2 * partialSums);
    for (let k = 0; k < elements!; k++) {
      const origin = DELTA ? bitsFloat(load(weights!, inputs!, 0, k)) : 0;
      for (let m = 0; m < models!; m++) {
        const value = fround(bitsFloat(load(weights!, inputs!, m + 1, k)) - origin);
        const size = Math.abs(value);
        x[m] = size >= 2 ** -60 && size < 2 ** 60 ? value : 0;
      }
      for (let m = 0; m < models!; m++)
        for (let n = m; n < models!; n++) {
          const at = (m * models! + n) * partialSums + (k % partialSums);
          sums[at] = sums[at]! + fround(x[m]! * x[n]!);
        }
    }
    for (let m = 0; m < models!; m++)
      for (let at = (m * models! + m) * partialSums; at < (m + 1) * models! * partialSums; at++)
        partial![at] = floatBits(sums[at]!);
  },
};
