import type { Face } from '../../method.ts';
import { lambdaParameter, parameter } from '../../parameters.ts';

export const face: Face = {
  label: 'WUDI',
  summary: 'Adds up the changes, then moves the sum until it disturbs each of them least.',
  formula: 'θ = θ_pre + λ τ,  τ from Σ τᵢ by Adam on Σ ‖(τ − τᵢ) τᵢᵀ‖² / ‖τᵢ‖²',
  paper: {
    title: 'Whoever started the interference should end it',
    url: 'https://arxiv.org/abs/2503.08099',
  },
  parameters: [
    { ...lambdaParameter, grid: undefined },
    parameter('iterations', 300, 'Steps for each matrix; without a GPU they are slow.'),
    parameter(
      'learning_rate',
      1e-5,
      'About how far a weight moves in one step: 1e-5 suits large models, small ones that changed more need more.',
      { grid: [1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3] },
    ),
  ],
};
