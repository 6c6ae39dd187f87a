import { bitsFloat, floatBits } from '../../tensor/float.ts';
import type { Kernel } from '../compute.ts';
import source from './combine.wgsl?raw';
import { encode, inputWords, load, wordDtypes } from './numeric.ts';
import numeric from './numeric.wgsl?raw';

const { fround } = Math;

/**
 * Merged weights of a chunk, and which of them differ from the base: see the shader for the formulas.
 * Params: elements, words, models, output dtype, λ (f32 bits), 0.
 */
export const combine: Kernel = {
  id: 'combine',
  wgsl: numeric + source,
  workgroupSize: 64,
  access: ['read', 'read', 'read', 'write', 'write'],
  reference([weights, inputs, masks, out, changed], params, constants) {
    const [elements, words, models, dtype, lambdaBits] = params;
    const { USE_MASKS = 1, DELTA = 0, NORMALIZE = 1, ELECT = 0 } = constants;
    const lambda = bitsFloat(lambdaBits!);
    const active: number[] = [];
    const bits: number[] = [];
    out!.fill(0);
    changed!.fill(0, 0, words!);

    for (let k = 0; k < elements!; k++) {
      const base = load(weights!, inputs!, 0, k);
      active.length = 0;
      for (let m = 0; m < models!; m++) {
        const held = (masks![m * words! + (k >>> 5)]! >>> (k & 31)) & 1;
        if (!USE_MASKS || held) active.push(m);
      }
      const result = encode(merged(k, base), dtype!);
      if (result !== encode(base, dtype!)) changed![k >>> 5]! |= 1 << (k & 31);
      if (dtype === wordDtypes.F32) out![k] = result;
      else out![k >>> 1]! |= result << (16 * (k & 1));
    }

    function merged(k: number, base: number): number {
      if (active.length === 0) return base;
      for (const m of active) bits[m] = load(weights!, inputs!, m + 1, k);
      if (!DELTA && active.length === 1) return bits[active[0]!]!;
      const origin = DELTA ? bitsFloat(base) : 0;
      const weightOf = (m: number) => bitsFloat(inputs![(m + 1) * inputWords + 3]!);
      const termOf = (m: number) => fround(weightOf(m) * fround(bitsFloat(bits[m]!) - origin));
      let members = active;
      if (ELECT) {
        const sign = Math.sign(members.map(termOf).reduce(sum));
        if (sign !== 1 && sign !== -1) return base;
        members = members.filter((m) => Math.sign(termOf(m)) === sign);
      }
      let result = members.map(termOf).reduce(sum);
      if (NORMALIZE) {
        const total = members.map(weightOf).reduce(sum);
        if (!(total > 0)) return base;
        result = fround(result / total);
      }
      return floatBits(DELTA ? origin + fround(lambda * result) : result);
    }
  },
};

function sum(a: number, b: number): number {
  return fround(a + b);
}
