import { regMeanLearner } from '../../training/regMean.ts';
import { parameter, meanOfWeights, weightParameter, type Method } from '../method.ts';
import { examplesParameter } from './fisher.ts';

/** Linear layers by regression on the fine-tuned ones' outputs, other tensors averaged (Jin et al. 2023). */
export const regMean: Method = {
  label: 'RegMean',
  summary: 'Solves each linear layer for outputs nearest to those of the models on their examples.',
  formula: 'W = (Σ wᵢ Gᵢ)⁻¹ Σ wᵢ Gᵢ Wᵢ,  Gᵢ = XᵢᵀXᵢ per token, off-diagonals × α',
  paper: {
    title: 'Dataless knowledge fusion',
    url: 'https://arxiv.org/abs/2212.09849',
    section: '§3',
  },
  parameters: [
    { ...weightParameter, min: 0 },
    parameter('alpha', 0.9, 'How much of the off-diagonals of the Gram matrices is kept.', {
      min: 0,
      max: 1,
    }),
    examplesParameter,
  ],
  ...meanOfWeights,
  learner: regMeanLearner,
};
