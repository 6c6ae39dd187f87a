import type { Kernel } from '../compute.ts';
import { createChanges, exponential, pairValue, power } from './balance.ts';
import balance from './balance.wgsl?raw';
import { partialSums } from './innerProducts.ts';
import { blocksOf } from './numeric.ts';
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
    const changesIn = createChanges(of);
    const pairs = Array.from({ length: models! ** 2 }, () => ({
      first: new Float32Array(partialSums).fill(level ? 0 : 2 ** 100),
      second: new Float32Array(partialSums).fill(level ? 0 : -(2 ** 100)),
      counts: new Uint32Array(partialSums),
    }));
    for (const block of blocksOf(elements!)) {
      const changes = changesIn(block);
      pairs.forEach(({ first, second, counts }, row) => {
        const [i, j] = [Math.floor(row / models!), row % models!];
        const [a, b] = [changes[i]!, changes[j]!];
        const [least, perRange] = [pairValue(of, i, j, 'least'), pairValue(of, i, j, 'perRange')];
        for (let k = 0; k < block[1]; k++) {
          const t = k % partialSums;
          const product = fround(a[k]! * b[k]!);
          if (level === 0) {
            first[t] = Math.min(first[t]!, product);
            second[t] = Math.max(second[t]!, product);
            continue;
          }
          const e = exponential(product, least, perRange);
          counts[t]! += Math.floor(fround(fround(e * exponentialSteps) + 0.5));
          second[t] = second[t]! + power(e, models!);
        }
      });
    }
    pairs.forEach(({ first, second, counts }, row) => {
      const at = row * 2 * partialSums;
      partial!.set(level === 0 ? new Uint32Array(first.buffer) : counts, at);
      partial!.set(new Uint32Array(second.buffer), at + partialSums);
    });
  },
};
