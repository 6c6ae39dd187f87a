import { dropAtRandom } from '../filters/dropAtRandom.ts';
import { dropped } from '../mergekitTrim.ts';
import {
  parameter,
  everywhere,
  densityParameter,
  lambdaParameter,
  rescaleParameter,
  seedParameter,
  weightParameter,
  withWeight,
  type Method,
} from '../method.ts';
import { grownByDropped, keepsSizeExactly, rescaledWeights } from '../rescale.ts';

const keptParameter = {
  ...densityParameter,
  default: 0.5,
  hint: 'Share of its changes that this model keeps, drawn at random.',
} as const;

/** What both forms have in common, but for how terms are summed. */
export const dareShared = {
  ...everywhere,
  paper: { title: 'Language models are Super Mario', url: 'https://arxiv.org/abs/2311.03099' },
  parameters: [
    keptParameter,
    weightParameter,
    lambdaParameter,
    rescaleParameter,
    parameter(
      'rescale_l1',
      0,
      'Whether it grows in each tensor until the sizes of all changes add up to just what they did.',
    ),
    seedParameter,
  ],
  filters: [dropAtRandom],
  factor: grownByDropped,
  sums: 'sizes',
  weigh: rescaledWeights,
  weighs: keepsSizeExactly,
} as const satisfies Partial<Method>;

/** Drops changes at random and rescales the rest before they are added up (Yu et al. 2024). */
export const dareLinear: Method = {
  label: 'DARE',
  summary: 'Drops changes at random, scales up the rest, and adds them onto the base.',
  formula: 'θ = θ_pre + λ Σ wᵢ mᵢ τᵢ / density,  mᵢ ~ Bernoulli(density)',
  ...dareShared,
  parameters: withWeight(dareShared.parameters, 0.4),
  constants: { DELTA: 1, NORMALIZE: 0 },
  mergekit: dropped({ elects: false, normalize: false }),
};
