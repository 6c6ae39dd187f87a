import { bitsFloat } from '../../tensor/float.ts';
import { blockElements, inputWords, floatsOf } from './numeric.ts';

const { fround } = Math;

/** The buffers of kernels that score positions: a table of the base, the models and then every ordered pair of models. */
export interface ScoreInputs {
  weights: Uint32Array;
  inputs: Uint32Array;
  models: number;
}

/** What a pair's row holds: the least product, 1 / the range of products, 1 / mean e^u and, of a model with itself, 1 / mean e^(nu). */
export const pairFields = { least: 0, perRange: 1, share: 2, scale: 3 } as const;

const taylor = Float32Array.of(
  ...[3628800, 362880, 40320, 5040, 720, 120, 24, 6, 2, 1, 1].map((x) => 1 / x),
);

/** A field of the pair (i, j). */
export function pairValue(
  { inputs, models }: ScoreInputs,
  i: number,
  j: number,
  field: keyof typeof pairFields,
): number {
  return bitsFloat(inputs[(1 + models + i * models + j) * inputWords + pairFields[field]]!);
}

/** e^u of a pair for the product of its changes, by the polynomial of the shader. */
export function exponential(product: number, least: number, perRange: number): number {
  const u = fround(fround(product - least) * perRange);
  let sum = taylor[0]!;
  for (let i = 1; i < 11; i++) sum = fround(fround(sum * u) + taylor[i]!);
  return sum;
}

/** x^models */
export function power(x: number, models: number): number {
  let product = x;
  for (let i = 1; i < models; i++) product = fround(product * x);
  return product;
}

/** Gives τ of every model in a block, 0 where it is not within 2^±48; the arrays are filled anew each time. */
export function createChanges({ weights, inputs, models }: ScoreInputs) {
  const decoded = new Float32Array(blockElements);
  const changes = Array.from({ length: models }, () => new Float32Array(blockElements));
  return (block: readonly [from: number, count: number]): Float32Array[] => {
    const base = floatsOf(weights, inputs, 0, block, decoded);
    changes.forEach((own, m) => {
      const theta = floatsOf(weights, inputs, m + 1, block, own);
      for (let k = 0; k < block[1]; k++) {
        const change = fround(theta[k]! - base[k]!);
        const size = Math.abs(change);
        own[k] = size >= 2 ** -48 && size < 2 ** 48 ? change : 0;
      }
    });
    return changes;
  };
}

/** Fills the start of `into` with the scores of a model's changes in a block, by the formulas of the shader. */
export type FillScores = (
  model: number,
  block: readonly [from: number, count: number],
  into: Float32Array,
) => void;

export function createScores(of: ScoreInputs): FillScores {
  const changesIn = createChanges(of);
  return (model, block, into) => {
    const changes = changesIn(block);
    const change = changes[model]!;
    const own = new Float32Array(blockElements);
    into.fill(0);
    for (let other = 0; other < of.models; other++) {
      const least = pairValue(of, model, other, 'least');
      const perRange = pairValue(of, model, other, 'perRange');
      const share = pairValue(of, model, other, 'share');
      const theirs = changes[other]!;
      for (let k = 0; k < block[1]; k++) {
        const e = exponential(fround(change[k]! * theirs[k]!), least, perRange);
        if (other === model) own[k] = e;
        into[k] = into[k]! + fround(e * share);
      }
    }
    for (let k = 0; k < block[1]; k++) into[k] = power(own[k]!, of.models) * into[k]!;
  };
}
