import type { Face } from '../../method.ts';
import { lambdaParameter } from '../../parameters.ts';

export const face: Face = {
  label: 'Iso-C',
  summary: 'Adds up the changes and gives all their directions the same strength.',
  formula: 'θ = θ_pre + λ σ̄ U Vᵀ,  U S Vᵀ = Σ τᵢ,  σ̄ = mean of S',
  paper: { title: 'No Task Left Behind', url: 'https://arxiv.org/abs/2502.04959' },
  parameters: [lambdaParameter],
};
