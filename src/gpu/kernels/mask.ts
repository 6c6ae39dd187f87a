import { bitsFloat } from '../../tensor/float.ts';
import type { Kernel } from '../compute.ts';
import source from './mask.wgsl?raw';
import { keyOf, keysWgsl } from './keys.ts';
import { inputWords } from './numeric.ts';

/** Bits of keys above, and equal to, each row's bound. Params: elements, words, rows, 0, 1 / rows. One row each. */
export const mask: Kernel = {
  id: 'mask',
  wgsl: keysWgsl + source,
  access: ['read', 'read', 'write', 'write'],
  reference([weights, inputs, above, ties], [elements, words, models, , share], constants) {
    const of = { weights: weights!, inputs: inputs!, rows: models!, share: bitsFloat(share ?? 0) };
    above!.fill(0, 0, models! * words!);
    ties!.fill(0, 0, models! * words!);
    for (let m = 0; m < models!; m++) {
      const threshold = inputs![(m + 1) * inputWords + 2]!;
      for (let k = 0; k < elements!; k++) {
        const key = keyOf(of, m, k, constants);
        const word = m * words! + (k >>> 5);
        if (key > threshold) above![word]! |= 1 << (k & 31);
        if (key === threshold) ties![word]! |= 1 << (k & 31);
      }
    }
  },
};
