import { dropAtRandom } from './filters/dropAtRandom.ts';
import type { MergekitMethod } from './method.ts';
import { mergekitParameters, notRescaled, plainSum } from './mergekitParameters.ts';
import { keepsSize, rescaledWeights } from './rescale.ts';

interface Sum {
  /** Whether models vote on signs first. */
  elects: boolean;
  /** Default of `normalize`. */
  normalize: boolean;
}

const { weight, lambda, density, kept, gamma, rescale, seed, normalize } = mergekitParameters;

const shared = ({ elects }: Sum) =>
  ({
    base: 'apart',
    sums: 'sizes',
    weigh: rescaledWeights,
    weighs: keepsSize,
    factor: () => 1,
    constants: { DELTA: 1, MERGEKIT: 1, ...(elects && { ELECT: 1 }) },
  }) as const;

/** mergekit's methods that trim by |τ|, without the very largest where there are `outliers`. */
export function trimmed({
  outliers = false,
  ...sum
}: Sum & { outliers?: boolean }): MergekitMethod {
  return {
    ...shared(sum),
    parameters: [
      density,
      weight,
      ...(outliers ? [gamma] : []),
      lambda,
      sum.normalize ? normalize : plainSum,
      notRescaled,
    ],
    byTensor: true,
  };
}

/** mergekit's methods that drop changes at random. */
export function dropped(sum: Sum): MergekitMethod {
  return {
    ...shared(sum),
    parameters: [kept, weight, lambda, sum.normalize ? normalize : plainSum, rescale, seed],
    filters: [dropAtRandom],
  };
}
