import { bitsFloat } from '../../tensor/float.ts';
import type { Kernel } from '../compute.ts';
import balance from './balance.wgsl?raw';
import source from './consensus.wgsl?raw';
import { load } from './numeric.ts';
import numeric from './numeric.wgsl?raw';
import { holdersOf, mergedTerm, sizeOf, type TermInputs } from './terms.ts';
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
    const [elements, words, models, , , , tall, least] = params;
    const of: TermInputs = {
      weights: weights!,
      inputs: inputs!,
      masks: masks!,
      words: words!,
      models: models!,
      constants,
    };
    agreed!.fill(0, 0, words! * models!);
    for (let k = 0; k < elements!; k++) {
      const holders = holdersOf(of, k);
      if (holders.length === 0) continue;
      const term = mergedTerm(of, k, holders) ?? 0;
      const base = bitsFloat(load(weights!, inputs!, 0, k));
      let count = 0;
      for (let m = 0; m < models!; m++) {
        const tau = fround(bitsFloat(load(weights!, inputs!, m + 1, k)) - base);
        const rest = bitsFloat(tall!) * fround(Math.abs(fround(term - tau)));
        if (sizeOf(tau) >= sizeOf(rest)) count++;
      }
      if (count < least!) continue;
      for (const m of holders) agreed![m * words! + (k >>> 5)]! |= 1 << (k & 31);
    }
  },
};
