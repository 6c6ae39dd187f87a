import type { Face } from '../../method.ts';
import { parameter } from '../../parameters.ts';

/** How far Adam goes. */
export const learningRateParameter = (rate: number) =>
  parameter('learning_rate', rate, 'How far a value moves in one step of Adam, at most about.');

/** How the coefficients of all forms are learned. */
export const coefficientParameters = (steps: number, rate: number) => [
  parameter('steps', steps, 'Steps of Adam, each on one batch of every task.'),
  learningRateParameter(rate),
  parameter(
    'layerwise',
    1,
    'Whether every tensor has coefficients of its own, or each task has one for all.',
  ),
];

export const face: Face = {
  label: 'AdaMerging',
  summary: 'Task arithmetic whose coefficients are learned so that the merged model is sure.',
  formula: 'θ = θ_pre + Σ λᵢ τᵢ,  λ: least entropy of the answers, 0 ≤ λ ≤ 1',
  paper: { title: 'AdaMerging', url: 'https://arxiv.org/abs/2310.02575', section: '§3.2' },
  parameters: coefficientParameters(500, 1e-3),
};
