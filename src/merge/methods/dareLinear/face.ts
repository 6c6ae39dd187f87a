import type { Face } from '../../method.ts';
import {
  densityParameter,
  droppedForm,
  lambdaParameter,
  parameter,
  rescaleParameter,
  seedParameter,
  weightParameter,
  withWeight,
} from '../../parameters.ts';

const keptParameter = {
  ...densityParameter,
  default: 0.5,
  hint: 'Share of its changes that this model keeps, drawn at random.',
} as const;

/** Of both forms. */
export const dareParameters = [
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
] as const;

export const face: Face = {
  label: 'DARE',
  summary: 'Drops changes at random, scales up the rest, and adds them onto the base.',
  formula: 'θ = θ_pre + λ Σ wᵢ mᵢ τᵢ / density,  mᵢ ~ Bernoulli(density)',
  parameters: withWeight(dareParameters, 0.4),
  paper: { title: 'Language models are Super Mario', url: 'https://arxiv.org/abs/2311.03099' },
  mergekit: droppedForm({ mean: false }),
};
