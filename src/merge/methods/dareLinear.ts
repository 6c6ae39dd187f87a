import { parameterRules } from '../../recipe/parameters.ts';
import { dropAtRandom } from '../filters/dropAtRandom.ts';
import { dropped } from '../mergekitTrim.ts';
import {
  densityParameter,
  lambdaParameter,
  rescaleParameter,
  seedParameter,
  weightParameter,
  type Method,
} from '../method.ts';
import { grownByDropped, keepsSizeExactly, rescaledWeights } from '../rescale.ts';

/** The share that random dropping keeps. */
export const keptParameter = {
  ...densityParameter,
  default: 0.5,
  hint: 'Share of its changes that this model keeps, drawn at random.',
} as const;

/** Paper of both forms. */
export const darePaper = {
  title: 'Language models are Super Mario',
  url: 'https://arxiv.org/abs/2311.03099',
};

/** How what is kept is scaled up. */
export const rescaleL1Parameter = {
  ...parameterRules.rescale_l1,
  name: 'rescale_l1',
  default: 0,
  hint: 'Whether it grows in each tensor until the sizes of all changes add up to just what they did.',
} as const;

/** Drops changes at random and rescales the rest before they are added up (Yu et al. 2024). */
export const dareLinear: Method = {
  label: 'DARE',
  summary: 'Drops changes at random, scales up the rest, and adds them onto the base.',
  formula: 'θ = θ_pre + λ Σ wᵢ mᵢ τᵢ / density,  mᵢ ~ Bernoulli(density)',
  paper: darePaper,
  parameters: [
    keptParameter,
    { ...weightParameter, default: 0.4 },
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
  constants: { DELTA: 1, NORMALIZE: 0 },
  mergekit: dropped({ elects: false, normalize: false }),
};
