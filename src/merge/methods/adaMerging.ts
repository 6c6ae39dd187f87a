import { entropyLearner } from '../../training/adaMerging.ts';
import { parameter, sumOfChanges, type Method } from '../method.ts';
import type { ParameterInfo } from '../../api/methods.ts';

/** How far Adam goes. */
export const learningRateParameter = (rate: number): ParameterInfo =>
  parameter('learning_rate', rate, 'How far a value moves in one step of Adam, at most about.');

/** How the coefficients of all forms are learned. */
export const coefficientParameters = (steps: number, rate: number): readonly ParameterInfo[] => [
  parameter('steps', steps, 'Steps of Adam, each on one batch of every task.'),
  learningRateParameter(rate),
  parameter(
    'layerwise',
    1,
    'Whether every tensor has coefficients of its own, or each task has one for all.',
  ),
];

/** Task arithmetic with coefficients of least entropy (Yang et al. 2024). */
export const adaMerging: Method = {
  label: 'AdaMerging',
  summary: 'Task arithmetic whose coefficients are learned so that the merged model is sure.',
  formula: 'θ = θ_pre + Σ λᵢ τᵢ,  λ: least entropy of the answers, 0 ≤ λ ≤ 1',
  paper: { title: 'AdaMerging', url: 'https://arxiv.org/abs/2310.02575', section: '§3.2' },
  parameters: coefficientParameters(500, 1e-3),
  ...sumOfChanges,
  learner: entropyLearner,
};
