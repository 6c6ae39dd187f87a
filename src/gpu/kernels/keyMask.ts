import type { Kernel } from '../compute.ts';
import { keyWord } from './keyHistogram.ts';
import source from './keyMask.wgsl?raw';

/** Orders u32 keys as int32. */
const signBit = -0x8000_0000;

/** Positions above a threshold, and those equal to it, as bits. Params: elements, words, threshold, 0. Constant KEY as in keyHistogram. */
export const keyMask: Kernel = {
  id: 'keyMask',
  wgsl: source,
  access: ['read', 'write', 'write'],
  reference([x, above, ties], [elements, words, threshold], { KEY = 0 }) {
    const limit = threshold! ^ signBit;
    for (let word = 0; word < words!; word++) {
      let [larger, equal] = [0, 0];
      const count = Math.min(32, elements! - word * 32);
      for (let bit = 0; bit < count; bit++) {
        const key = keyWord(x![word * 32 + bit]! | 0, KEY) ^ signBit;
        if (key > limit) larger |= 1 << bit;
        else if (key === limit) equal |= 1 << bit;
      }
      above![word] = larger;
      ties![word] = equal;
    }
  },
};
