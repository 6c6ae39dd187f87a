import { mergekitParameters, plainSum } from '../mergekitParameters.ts';
import { sumOfChanges, lambdaParameter, weightParameter, type Method } from '../method.ts';

/** Base plus the weighted sum of task vectors (Ilharco et al. 2023, §2). */
export const taskArithmetic: Method = {
  label: 'Task arithmetic',
  summary: 'Adds what each fine-tuning changed onto the base, scaled down.',
  formula: 'θ = θ_pre + λ Σ wᵢ τᵢ',
  paper: {
    title: 'Editing models with task arithmetic',
    url: 'https://arxiv.org/abs/2212.04089',
    section: '§2',
  },
  parameters: [{ ...weightParameter, default: 0.4 }, lambdaParameter],
  ...sumOfChanges,
  mergekit: {
    base: 'apart',
    parameters: [mergekitParameters.weight, mergekitParameters.lambda, plainSum],
    constants: { DELTA: 1, MERGEKIT: 1 },
  },
};
