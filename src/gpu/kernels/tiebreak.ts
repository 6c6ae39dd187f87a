import type { Kernel } from '../compute.ts';
import source from './tiebreak.wgsl?raw';

/** Takes ties into the masks by position while `remaining` lasts. Params: words, threads (64), models. */
export const tiebreak: Kernel = {
  id: 'tiebreak',
  wgsl: source,
  access: ['read', 'write', 'write'],
  reference([ties, masks, remaining], [words, , models]) {
    for (let m = 0; m < models!; m++) {
      for (let k = 0; k < words! * 32 && remaining![m]! > 0; k++) {
        const word = m * words! + (k >>> 5);
        const bit = 1 << (k & 31);
        if ((ties![word]! & bit) === 0) continue;
        masks![word]! |= bit;
        remaining![m]!--;
      }
    }
  },
};
