import { mergekitParameters } from '../mergekitParameters.ts';
import { meanOfWeights, weightParameter, type Method } from '../method.ts';

/** Weighted mean of the fine-tuned weights (model soups, Wortsman et al. 2022, §2). */
export const linear: Method = {
  label: 'Simple average',
  summary: 'The mean of the fine-tuned models, weight by weight.',
  formula: 'θ = Σ wᵢ θᵢ / Σ wᵢ',
  paper: { title: 'Model soups', url: 'https://arxiv.org/abs/2203.05482', section: '§2' },
  parameters: [weightParameter],
  ...meanOfWeights,
  mergekit: {
    base: 'model',
    parameters: [mergekitParameters.weight, mergekitParameters.normalize],
    constants: { USE_MASKS: 0, MERGEKIT: 1 },
  },
};
