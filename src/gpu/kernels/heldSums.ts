import type { Kernel } from '../compute.ts';
import source from './heldSums.wgsl?raw';
import { partialSums } from './innerProducts.ts';
import { blockElements, blocksOf, floatsOf } from './numeric.ts';
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
    const [from, to] = [new Float32Array(blockElements), new Float32Array(blockElements)];
    for (const block of blocksOf(elements!)) {
      const base = floatsOf(weights!, inputs!, 0, block, from);
      for (let m = 0; m < models!; m++) {
        const own = floatsOf(weights!, inputs!, m + 1, block, to);
        const [all, held] = [m * partialSums, (models! + m) * partialSums];
        for (let k = 0; k < block[1]; k++) {
          const size = Math.abs(fround(own[k]! - base[k]!));
          if (!(size >= 2 ** -60 && size < 2 ** 60)) continue;
          const x = SQUARE ? fround(size * size) : size;
          const at = k % partialSums;
          sums[all + at] = sums[all + at]! + x;
          const word = masks![m * words! + ((block[0] + k) >>> 5)]!;
          if ((word >>> (k & 31)) & 1) sums[held + at] = sums[held + at]! + x;
        }
      }
    }
    partial!.set(new Uint32Array(sums.buffer));
  },
};
