import { bitsFloat, floatBits } from '../../tensor/float.ts';
import type { Kernel } from '../compute.ts';
import source from './heldSums.wgsl?raw';
import { partialSums } from './innerProducts.ts';
import { load } from './numeric.ts';
import numeric from './numeric.wgsl?raw';

const { fround } = Math;

/**
 * Sums over τ of each model in a fixed order, of all positions and of those in its mask. Params: elements, words, models, 0.
 * Rows: models, then models again for the masks.
 */
export const heldSums: Kernel = {
  id: 'heldSums',
  wgsl: numeric + source,
  access: ['read', 'read', 'read', 'write'],
  reference([weights, inputs, masks, partial], [elements, words, models], { SQUARE = 0 }) {
    const sums = new Float32Array(2 * models! * partialSums);
    for (let k = 0; k < elements!; k++) {
      const origin = bitsFloat(load(weights!, inputs!, 0, k));
      for (let m = 0; m < models!; m++) {
        const size = Math.abs(fround(bitsFloat(load(weights!, inputs!, m + 1, k)) - origin));
        if (!(size >= 2 ** -60 && size < 2 ** 60)) continue;
        const x = SQUARE ? fround(size * size) : size;
        const at = m * partialSums + (k % partialSums);
        sums[at] = sums[at]! + x;
        if (!((masks![m * words! + (k >>> 5)]! >>> (k & 31)) & 1)) continue;
        const held = at + models! * partialSums;
        sums[held] = sums[held]! + x;
      }
    }
    for (let i = 0; i < sums.length; i++) partial![i] = floatBits(sums[i]!);
  },
};
