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
  type MergekitFace,
} from '../../parameters.ts';

const epsilonParameter = parameter(
  'epsilon',
  0.15,
  'How much likelier than density the largest change of a row is kept, and the smallest less likely.',
  { max: 0.5 },
);

/** Of both forms. */
export const dellaParameters = [
  {
    ...densityParameter,
    default: 0.5,
    hint: 'Share of its changes that this model keeps on average.',
  },
  epsilonParameter,
  weightParameter,
  lambdaParameter,
  {
    ...rescaleParameter,
    hint: 'Whether what is kept grows until the sizes of all changes in a tensor add up to what they did.',
  },
  seedParameter,
] as const;

/** mergekit's form of it; `mean`: the default of `normalize`. */
export function dellaForm(sum: { mean: boolean }): MergekitFace {
  const form = droppedForm(sum);
  return { ...form, parameters: [...form.parameters, epsilonParameter] };
}

export const face: Face = {
  label: 'DELLA',
  summary: 'Drops changes at random, small ones more often, scales up the rest, and adds them.',
  formula: 'θ = θ_pre + λ Σ wᵢ sᵢ mᵢ τᵢ,  mᵢ ~ Bernoulli(density ± ε by rank in the row)',
  parameters: withWeight(dellaParameters, 0.4),
  paper: { title: 'DELLA-Merging', url: 'https://arxiv.org/abs/2406.11617' },
  mergekit: dellaForm({ mean: false }),
};
