import { bitsFloat, floatBits } from '../../tensor/float.ts';
import type { Kernel } from '../compute.ts';
import balance from './balance.wgsl?raw';
import source from './consensus.wgsl?raw';
import { blocksOf } from './numeric.ts';
import numeric from './numeric.wgsl?raw';
import { createTerms, sizeOf } from './terms.ts';
import terms from './terms.wgsl?raw';

const { fround } = Math;

/**
 * Masks at the positions that enough TALL masks hold (Wang et al. 2024).
 * Params: elements, words, models, 0, 0, 0, TALL's λ (f32 bits), least number of models.
 */
export const consensus: Kernel = {
  id: 'consensus',
  wgsl: numeric + balance + terms + source,
  access: ['read', 'read', 'read', 'write'],
  reference([weights, inputs, masks, agreed], params, constants) {
    const [elements, words, models, , , , tall, leastTasks] = params;
    const { merge } = createTerms({
      ...{ weights: weights!, inputs: inputs!, masks: masks! },
      ...{ words: words!, models: models!, constants },
    });
    const tallLambda = bitsFloat(tall!);
    agreed!.fill(0, 0, words! * models!);
    for (const [from, count] of blocksOf(elements!)) {
      const block = merge(from, count);
      const [base, merged, exists] = [block.base.floats, block.merged.floats, block.exists.words];
      const thetas = block.thetas.map(({ floats }) => floats);
      const agreeing = block.held.words.map((bits, w) => {
        let agree = 0;
        for (let rest = bits; rest !== 0; rest &= rest - 1) {
          const bit = 31 - Math.clz32(rest & -rest);
          const k = 32 * w + bit;
          const term = (exists[w]! >>> bit) & 1 ? merged[k]! : 0;
          let votes = 0;
          for (let m = 0; m < models!; m++) {
            const tau = fround(thetas[m]![k]! - base[k]!);
            const rest = tallLambda * fround(Math.abs(fround(term - tau)));
            if (sizeOf(floatBits(tau)) >= sizeOf(floatBits(rest))) votes++;
          }
          if (votes >= leastTasks!) agree |= 1 << bit;
        }
        return agree;
      });
      block.holds.forEach(({ words: own }, m) => {
        const first = m * words! + (from >>> 5);
        for (let w = 0; 32 * w < count; w++) agreed![first + w] = own[w]! & agreeing[w]!;
      });
    }
  },
};
