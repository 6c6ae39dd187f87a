import { bitsFloat } from '../../tensor/float.ts';
import { inputWords, load } from './numeric.ts';

const { fround } = Math;

/** The buffers of kernels that score positions: a table of the base, the models and then every ordered pair of models. */
export interface ScoreInputs {
  weights: Uint32Array;
  inputs: Uint32Array;
  models: number;
}

/** What a pair's row holds: the least product, 1 / the range of products, 1 / mean e^u and, of a model with itself, 1 / mean e^(nu). */
export const pairFields = { least: 0, perRange: 1, share: 2, scale: 3 } as const;

const taylor = [3628800, 362880, 40320, 5040, 720, 120, 24, 6, 2, 1, 1].map((x) => fround(1 / x));

/** τ of a model at element k, 0 where it is not within 2^±48. */
export function nearChange({ weights, inputs }: ScoreInputs, model: number, k: number): number {
  const theta = bitsFloat(load(weights, inputs, model + 1, k));
  const tau = fround(theta - bitsFloat(load(weights, inputs, 0, k)));
  const size = Math.abs(tau);
  return size >= 2 ** -48 && size < 2 ** 48 ? tau : 0;
}

/** A field of the pair (i, j). */
export function pairValue(
  { inputs, models }: ScoreInputs,
  [i, j]: readonly [number, number],
  field: keyof typeof pairFields,
): number {
  return bitsFloat(inputs[(1 + models + i * models + j) * inputWords + pairFields[field]]!);
}

/** e^u of a pair for the product of its changes, by the polynomial of the shader. */
export function pairExponential(
  of: ScoreInputs,
  pair: readonly [number, number],
  product: number,
): number {
  const above = fround(product - pairValue(of, pair, 'least'));
  const u = fround(above * pairValue(of, pair, 'perRange'));
  return taylor.reduce((sum, c) => fround(fround(sum * u) + c));
}

/** x^models */
export function power(x: number, models: number): number {
  let product = x;
  for (let i = 1; i < models; i++) product = fround(product * x);
  return product;
}

/** The score of a model's change at element k, by the formulas of the shader. */
export function score(of: ScoreInputs, model: number, k: number): number {
  const change = nearChange(of, model, k);
  let [own, sum] = [0, 0];
  for (let other = 0; other < of.models; other++) {
    const product = fround(change * nearChange(of, other, k));
    const e = pairExponential(of, [model, other], product);
    if (other === model) own = e;
    sum = fround(sum + fround(e * pairValue(of, [model, other], 'share')));
  }
  return fround(power(own, of.models) * sum);
}

/** What a model's term counts by at element k: its score over the mean of e^(nu). */
export function scoreFactor(of: ScoreInputs, model: number, k: number): number {
  return fround(score(of, model, k) * pairValue(of, [model, model], 'scale'));
}
