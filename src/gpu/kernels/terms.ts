import { bitsFloat, floatBits } from '../../tensor/float.ts';
import type { Constants } from '../compute.ts';
import { scoreFactor } from './balance.ts';
import { inputWords, load } from './numeric.ts';

const { fround } = Math;

/** The buffers and parameters that kernels over terms begin with. */
export interface TermInputs {
  weights: Uint32Array;
  inputs: Uint32Array;
  masks: Uint32Array;
  words: number;
  models: number;
  constants: Constants;
}

/** f32 addition. */
export function sum(a: number, b: number): number {
  return fround(a + b);
}

/** Models whose mask holds element k, all without USE_MASKS. */
export function holdersOf({ masks, words, models, constants }: TermInputs, k: number): number[] {
  const { USE_MASKS = 1 } = constants;
  const holders: number[] = [];
  for (let m = 0; m < models; m++)
    if (!USE_MASKS || (masks[m * words + (k >>> 5)]! >>> (k & 31)) & 1) holders.push(m);
  return holders;
}

/** The merged term of `holders` at element k, by the formulas of the shader; null where there is none. */
export function mergedTerm(
  { weights, inputs, models, constants }: TermInputs,
  k: number,
  holders: readonly number[],
): number | null {
  const {
    DELTA = 0,
    NORMALIZE = 1,
    ELECT = 0,
    CHOOSE = 0,
    EQUAL_VOTES = 0,
    MERGEKIT = 0,
    BALANCE = 0,
  } = constants;
  if (holders.length === 0) return null;
  const origin = DELTA ? bitsFloat(load(weights, inputs, 0, k)) : 0;
  const word = (m: number, at: number) =>
    BALANCE
      ? scoreFactor({ weights, inputs, models }, m, k)
      : bitsFloat(inputs[(m + 1) * inputWords + at]!);
  const theta = (m: number) => bitsFloat(load(weights, inputs, m + 1, k));
  const changes = holders.map((m) => fround(theta(m) - origin));
  const terms = changes.map((change, i) => fround(word(holders[i]!, 3) * change));
  if (CHOOSE) return terms.reduce((best, term) => (sizeOf(term) > sizeOf(best) ? term : best));
  let members = terms.map((_, i) => i);
  if (ELECT) {
    const total = (EQUAL_VOTES ? changes : terms).reduce(sum);
    const sign = MERGEKIT && total === 0 ? 1 : Math.sign(total);
    if (sign !== 1 && sign !== -1) return null;
    members = members.filter((i) => Math.sign(terms[i]!) === sign);
    if (members.length === 0) return null;
  }
  const result = members.map((i) => terms[i]!).reduce(sum);
  if (!NORMALIZE) return result;
  const counted =
    MERGEKIT && !ELECT
      ? Array.from({ length: models }, (_, m) => m)
      : members.map((i) => holders[i]!);
  const shares = counted.map((m) => word(m, 2)).reduce(sum);
  if (MERGEKIT)
    return Math.abs(shares) < (ELECT ? 2 ** -126 : 1e-8) ? result : fround(result / shares);
  return shares > 0 ? fround(result / shares) : null;
}

/** |x| as f32 bits: NaN is the largest. */
export function sizeOf(x: number): number {
  return floatBits(x) & 0x7fffffff;
}
