import type { Kernel } from '../compute.ts';
import { keyOfBits } from './keyHistogram.ts';
import source from './keyMask.wgsl?raw';

/** Positions above a threshold, and those equal to it, as bits. Params: elements, words, threshold, 0. Constant KEY as in keyHistogram. */
export const keyMask: Kernel = {
  id: 'keyMask',
  wgsl: source,
  workgroupSize: 64,
  access: ['read', 'write', 'write'],
  reference([x, above, ties], [elements, words, threshold], { KEY = 0 }) {
    above!.fill(0, 0, words);
    ties!.fill(0, 0, words);
    for (let k = 0; k < elements!; k++) {
      const key = keyOfBits(x![k]!, KEY);
      if (key > threshold!) above![k >>> 5]! |= 1 << (k & 31);
      else if (key === threshold) ties![k >>> 5]! |= 1 << (k & 31);
    }
  },
};
