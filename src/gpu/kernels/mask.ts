import type { Kernel } from '../compute.ts';
import source from './mask.wgsl?raw';
import { distance, inputWords, load } from './numeric.ts';
import numeric from './numeric.wgsl?raw';

/** Bits of |τ| above, and equal to, each model's threshold. Params: elements, words, models. One row per model. */
export const mask: Kernel = {
  id: 'mask',
  wgsl: numeric + source,
  workgroupSize: 64,
  access: ['read', 'read', 'write', 'write'],
  reference([weights, inputs, above, ties], [elements, words, models]) {
    above!.fill(0, 0, models! * words!);
    ties!.fill(0, 0, models! * words!);
    for (let m = 0; m < models!; m++) {
      const threshold = inputs![(m + 1) * inputWords + 2]!;
      for (let k = 0; k < elements!; k++) {
        const key = distance(load(weights!, inputs!, m + 1, k), load(weights!, inputs!, 0, k));
        const word = m * words! + (k >>> 5);
        if (key > threshold) above![word]! |= 1 << (k & 31);
        if (key === threshold) ties![word]! |= 1 << (k & 31);
      }
    }
  },
};
