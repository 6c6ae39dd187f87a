import type { Face } from '../../method.ts';
import { lambdaParameter, parameter } from '../../parameters.ts';

export const face: Face = {
  label: 'Iso-CTS',
  summary: 'As Iso-C, with part of the directions left to what is each model’s own.',
  formula:
    'θ = θ_pre + λ σ̄ U⊥ V⊥ᵀ,  U, V = the strongest directions of Σ τᵢ, and of each τᵢ outside them,  X⊥ = the orthonormal matrix nearest to X',
  paper: { title: 'No Task Left Behind', url: 'https://arxiv.org/abs/2502.04959' },
  parameters: [
    lambdaParameter,
    parameter(
      'common_space_fraction',
      0.8,
      'Share of the directions that is common to all models; the rest is split evenly among them.',
    ),
  ],
};
