import type { Face } from '../../method.ts';
import {
  lambdaParameter,
  mergekitParameters,
  plainSum,
  weightParameter,
} from '../../parameters.ts';

export const face: Face = {
  label: 'Task arithmetic',
  summary: 'Adds what each fine-tuning changed onto the base, scaled down.',
  formula: 'θ = θ_pre + λ Σ wᵢ τᵢ',
  paper: {
    title: 'Editing models with task arithmetic',
    url: 'https://arxiv.org/abs/2212.04089',
    section: '§2',
  },
  parameters: [{ ...weightParameter, default: 0.4 }, lambdaParameter],
  mergekit: {
    base: 'apart',
    parameters: [mergekitParameters.weight, mergekitParameters.lambda, plainSum],
  },
};
