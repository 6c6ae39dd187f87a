import { dropAtRandom } from '../filters/dropAtRandom.ts';
import { dropped } from '../mergekitTrim.ts';
import {
  lambdaParameter,
  rescaleParameter,
  seedParameter,
  weightParameter,
  type Method,
} from '../method.ts';
import { grownByDropped, keepsSizeExactly, rescaledWeights } from '../rescale.ts';
import { darePaper, keptParameter, rescaleL1Parameter } from './dareLinear.ts';

/** DARE in place of trimming, then sign election and disjoint mean (Yu et al. 2024). */
export const dareTies: Method = {
  label: 'DARE + TIES',
  summary: 'Drops changes at random, scales up the rest, and averages those that agree on a sign.',
  formula: 'θ = θ_pre + λ · mean of wᵢ mᵢ τᵢ / density with the elected sign',
  paper: darePaper,
  parameters: [
    keptParameter,
    weightParameter,
    lambdaParameter,
    rescaleParameter,
    rescaleL1Parameter,
    seedParameter,
  ],
  defaultScope: 'all',
  mask: 'differs',
  filters: [dropAtRandom],
  factor: grownByDropped,
  sums: 'sizes',
  weigh: rescaledWeights,
  weighs: keepsSizeExactly,
  learnsMasks: false,
  constants: { DELTA: 1, ELECT: 1 },
  mergekit: dropped({ elects: true, normalize: false }),
};
