import type { Face } from '../../method.ts';
import { mergekitParameters, weightParameter } from '../../parameters.ts';

export const face: Face = {
  label: 'Simple average',
  summary: 'The mean of the fine-tuned models, weight by weight.',
  formula: 'θ = Σ wᵢ θᵢ / Σ wᵢ',
  paper: { title: 'Model soups', url: 'https://arxiv.org/abs/2203.05482', section: '§2' },
  parameters: [weightParameter],
  mergekit: {
    base: 'model',
    parameters: [mergekitParameters.weight, mergekitParameters.normalize],
  },
};
