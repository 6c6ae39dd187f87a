import type { Face } from '../../method.ts';
import { parameter, weightParameter } from '../../parameters.ts';

export const face: Face = {
  label: 'Karcher mean',
  summary: 'The point on the sphere that is closest to all models, tensor by tensor.',
  formula: 'θ = (Σ wᵢ ‖θᵢ‖) · argmin_u Σ wᵢ ∠(u, θᵢ)²,  Σ wᵢ = 1',
  paper: {
    title: 'How to conjugate C¹-close group actions',
    url: 'https://doi.org/10.1007/BF01214029',
  },
  parameters: [{ ...weightParameter, min: 0 }],
  mergekit: {
    base: 'model',
    parameters: [
      parameter('max_iter', 10, 'Most steps along the mean tangent.'),
      parameter('tol', 1e-5, 'Steps shorter than this are not taken.'),
    ],
  },
};
