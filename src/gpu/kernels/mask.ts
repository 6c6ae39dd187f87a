import { bitsFloat } from '../../tensor/float.ts';
import type { Kernel } from '../compute.ts';
import { openRows, rowBytes, rowLoops } from '../simd/rows.ts';
import source from './mask.wgsl?raw';
import { createKeys, keyRows, keysWgsl } from './keys.ts';
import { blocksOf, inputWords } from './numeric.ts';

/** Bits of keys above, and equal to, each row's bound. Params: elements, words, rows, 0, 1 / rows. One row each. */
export const mask: Kernel = {
  id: 'mask',
  wgsl: keysWgsl + source,
  access: ['read', 'read', 'write', 'write'],
  reference([weights, inputs, above, ties], [elements, words, rows, , share], constants) {
    const of = { weights: weights!, inputs: inputs!, rows: rows!, share: bitsFloat(share ?? 0) };
    const open = openRows((keyRows + 1) * rowBytes);
    const fill = createKeys(of, constants, open);
    const [keys, more, same] = [open.row(), open.bits(), open.bits()];
    for (let m = 0; m < rows!; m++) {
      const bound = inputs![(m + 1) * inputWords + 2]!;
      for (const block of blocksOf(elements!)) {
        const length = Math.ceil(block[1] / 32);
        fill(m, block, keys);
        rowLoops.compareKeys(more.at, same.at, keys.at, bound, length);
        const first = m * words! + (block[0] >>> 5);
        above!.set(more.words.subarray(0, length), first);
        ties!.set(same.words.subarray(0, length), first);
        if (block[1] & 31) {
          const within = (1 << (block[1] & 31)) - 1;
          above![first + length - 1]! &= within;
          ties![first + length - 1]! &= within;
        }
      }
    }
  },
};
