import type { Face } from '../../method.ts';
import { lambdaParameter, parameter, weightParameter } from '../../parameters.ts';

/** How TALL masks are made, and how many must agree. */
export const consensusParameters = [
  { ...lambdaParameter, default: 0.4 },
  parameter(
    'tall_lambda',
    0.4,
    'How selective the mask of each task is: at 1, its own change must be as large as what the others add.',
    { max: 2 },
  ),
  parameter('least_tasks', 2, 'Weights that fewer tasks need are left as in the base.'),
] as const;

export const face: Face = {
  label: 'Consensus TA',
  summary: 'Task arithmetic, but only at the weights that at least two tasks need.',
  formula: 'θ = θ_pre + λ τ where ≥ 2 tasks have |τᵢ| ≥ λ_t |τ − τᵢ|,  τ = Σ wᵢ τᵢ',
  paper: { title: 'Localizing task information', url: 'https://arxiv.org/abs/2405.07813' },
  parameters: [weightParameter, ...consensusParameters],
};
