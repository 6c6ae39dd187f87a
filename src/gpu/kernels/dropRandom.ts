import type { Kernel } from '../compute.ts';
import source from './dropRandom.wgsl?raw';
import { openRows, rowLoops } from '../simd/rows.ts';
import { draw, mix } from './hash.ts';
import hash from './hash.wgsl?raw';

/** Takes positions out of masks at random. Params: elements, words, low, high. One row per model. */
export const dropRandom: Kernel = {
  id: 'dropRandom',
  wgsl: hash + source,
  access: ['read', 'write'],
  reference([streams, masks], [, words, first, high]) {
    const models = streams!.length / 4;
    const row = openRows(4 * words!).take(4 * words!);
    /** Whole words before the low 32 bits of positions begin anew. */
    const before = Math.min(words!, Math.floor((2 ** 32 - first!) / 32));
    for (let m = 0; m < models; m++) {
      const [key = 0, limit = 0, keeps] = streams!.subarray(4 * m, 4 * m + 3);
      const own = masks!.subarray(m * words!, (m + 1) * words!);
      if (!keeps) own.fill(0);
      row.words.set(own);
      const drop = (from: number, to: number, high: number) => {
        const place = [first! + 32 * from, mix(high ^ ~key)] as const;
        rowLoops.dropDrawn(row.at + 4 * from, key, limit, ...place, to - from);
      };
      drop(0, before, high!);
      if (before < words!)
        row.words[before]! &= keptAcross(key, limit, first! + 32 * before, high!);
      drop(before + 1, words!, high! + 1);
      own.set(row.words);
    }
  },
};

/** The positions of a word from `first` on that a stream keeps, where those from 2^32 on have the next high word. */
function keptAcross(key: number, limit: number, first: number, high: number): number {
  let kept = 0;
  for (let bit = 0; bit < 32; bit++) {
    const low = (first + bit) >>> 0;
    if (draw(key, low, low < first ? high + 1 : high) <= limit) kept |= 1 << bit;
  }
  return kept;
}
