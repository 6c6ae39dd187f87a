import type { Kernel } from '../compute.ts';
import source from './dropRandom.wgsl?raw';
import { draw } from './hash.ts';
import hash from './hash.wgsl?raw';

/** Takes positions out of masks at random. Params: elements, words, low, high. One row per model. */
export const dropRandom: Kernel = {
  id: 'dropRandom',
  wgsl: hash + source,
  access: ['read', 'write'],
  reference([streams, masks], [, words, first, firstHigh]) {
    const models = streams!.length / 4;
    for (let m = 0; m < models; m++) {
      const [key, limit, keeps] = streams!.subarray(4 * m, 4 * m + 3);
      for (let word = m * words!; word < (m + 1) * words!; word++)
        for (let rest = masks![word]!; rest !== 0; rest &= rest - 1) {
          const bit = 31 - Math.clz32(rest & -rest);
          const low = (first! + 32 * (word - m * words!) + bit) >>> 0;
          const high = firstHigh! + (low < first! ? 1 : 0);
          if (!keeps || draw(key!, low, high) > limit!) masks![word]! &= ~(1 << bit);
        }
    }
  },
};
