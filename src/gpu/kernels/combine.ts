import { bitsFloat, floatBits } from '../../tensor/float.ts';
import type { Kernel } from '../compute.ts';
import balance from './balance.wgsl?raw';
import source from './combine.wgsl?raw';
import { encode, inputWords, load, wordDtypes } from './numeric.ts';
import numeric from './numeric.wgsl?raw';
import { holdersOf, mergedTerm, type TermInputs } from './terms.ts';
import terms from './terms.wgsl?raw';

const { fround } = Math;

/** Changes below it count as it with NEAR, as in mergekit. */
const leastChange = fround(1e-6);

/**
 * Merged weights of a chunk, and which of them differ from the base: see the shader for the formulas.
 * Params: elements, words, models, output dtype, λ (f32 bits), 0, 0, 0.
 */
export const combine: Kernel = {
  id: 'combine',
  wgsl: numeric + balance + terms + source,
  access: ['read', 'read', 'read', 'write', 'write'],
  reference([weights, inputs, masks, out, changed], params, constants) {
    const [elements, words, models, dtype, lambdaBits] = params;
    const lambda = bitsFloat(lambdaBits!);
    const of: TermInputs = {
      weights: weights!,
      inputs: inputs!,
      masks: masks!,
      words: words!,
      models: models!,
      constants,
    };
    out!.fill(0);
    changed!.fill(0, 0, words!);

    for (let k = 0; k < elements!; k++) {
      const base = load(weights!, inputs!, 0, k);
      const result = encode(merged(k, base), dtype!);
      if (result !== encode(base, dtype!)) changed![k >>> 5]! |= 1 << (k & 31);
      if (dtype === wordDtypes.F32) out![k] = result;
      else out![k >>> 1]! |= result << (16 * (k & 1));
    }

    function near(k: number, base: number): number {
      const other = bitsFloat(load(weights!, inputs!, 1, k));
      const change = Math.max(Math.abs(fround(other - base)), leastChange);
      const factor = bitsFloat(inputs![inputWords + 3]!);
      const way = Math.min(fround(factor * fround(1 / change)), 1);
      if (!(change < Infinity) || way < 2 ** -126) return floatBits(base);
      return floatBits(fround(fround(way * other) + fround(fround(1 - way) * base)));
    }

    function merged(k: number, base: number): number {
      const holders = holdersOf(of, k);
      if (holders.length === 0) return base;
      if (constants.NEAR) return near(k, bitsFloat(base));
      if (!constants.DELTA && (constants.NORMALIZE ?? 1) && holders.length === 1)
        return load(weights!, inputs!, holders[0]! + 1, k);
      const term = mergedTerm(of, k, holders);
      if (term === null) return base;
      return floatBits(constants.DELTA ? bitsFloat(base) + fround(lambda * term) : term);
    }
  },
};
