import { supervisedLearner } from '../../training/adaMerging.ts';
import type { Method } from '../method.ts';
import { adaMerging, coefficientParameters } from './adaMerging.ts';

/** AdaMerging by labels in place of entropy (Yang et al. 2024, whose entropy stands in for them). */
export const adaMergingSupervised: Method = {
  ...adaMerging,
  label: 'AdaMerging, supervised',
  summary:
    'Task arithmetic whose coefficients are learned so that the few examples come out right.',
  formula: 'θ = θ_pre + Σ λᵢ τᵢ,  λ: least loss on the examples, 0 ≤ λ ≤ 1',
  parameters: coefficientParameters(200, 1e-2),
  learner: supervisedLearner,
};
