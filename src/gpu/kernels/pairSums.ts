import { floatBits } from '../../tensor/float.ts';
import type { Kernel } from '../compute.ts';
import { nearChange, pairExponential, power } from './balance.ts';
import balance from './balance.wgsl?raw';
import { partialSums } from './innerProducts.ts';
import numeric from './numeric.wgsl?raw';
import source from './pairSums.wgsl?raw';

const { fround } = Math;

/** Steps of 1 in the sums of e^u: whole numbers, so that these are the same in any order. */
export const exponentialSteps = 8192;

/** Range of the products of changes of every pair of models, then sums of their exponentials. Params: elements, models, level, 0. One row per ordered pair. */
export const pairSums: Kernel = {
  id: 'pairSums',
  wgsl: numeric + balance + source,
  access: ['read', 'read', 'write'],
  reference([weights, inputs, partial], [elements, models, level]) {
    const of = { weights: weights!, inputs: inputs!, models: models! };
    for (let row = 0; row < models! ** 2; row++) {
      const pair = [Math.floor(row / models!), row % models!] as const;
      const first = new Float32Array(partialSums).fill(level ? 0 : 2 ** 100);
      const second = new Float32Array(partialSums).fill(level ? 0 : -(2 ** 100));
      const counts = new Uint32Array(partialSums);
      for (let k = 0; k < elements!; k++) {
        const t = k % partialSums;
        const product = fround(nearChange(of, pair[0], k) * nearChange(of, pair[1], k));
        if (level === 0) {
          first[t] = Math.min(first[t]!, product);
          second[t] = Math.max(second[t]!, product);
          continue;
        }
        const e = pairExponential(of, pair, product);
        counts[t]! += Math.floor(fround(fround(e * exponentialSteps) + 0.5));
        second[t] = second[t]! + power(e, models!);
      }
      for (let t = 0; t < partialSums; t++) {
        const at = row * 2 * partialSums + t;
        partial![at] = level === 0 ? floatBits(first[t]!) : counts[t]!;
        partial![at + partialSums] = floatBits(second[t]!);
      }
    }
  },
};
