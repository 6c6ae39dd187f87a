import { parameter, everywhere, weightOf, weightParameter, type Method } from '../method.ts';
import { karcherWeights } from '../sphere.ts';

/** Karcher mean of the models' weights on the sphere at their mean length, tensor by tensor (Grove and Karcher 1973). */
export const karcher: Method = {
  label: 'Karcher mean',
  summary: 'The point on the sphere that is closest to all models, tensor by tensor.',
  formula: 'θ = (Σ wᵢ ‖θᵢ‖) · argmin_u Σ wᵢ ∠(u, θᵢ)²,  Σ wᵢ = 1',
  paper: {
    title: 'How to conjugate C¹-close group actions',
    url: 'https://doi.org/10.1007/BF01214029',
  },
  parameters: [{ ...weightParameter, min: 0 }],
  ...everywhere,
  sums: 'products',
  weigh: ({ products }, parameters) => karcherWeights(products, parameters.map(weightOf)),
  constants: { USE_MASKS: 0, NORMALIZE: 0 },
  mergekit: {
    base: 'model',
    parameters: [
      parameter('max_iter', 10, 'Most steps along the mean tangent.'),
      parameter('tol', 1e-5, 'Steps shorter than this are not taken.'),
    ],
    weigh: ({ products }, parameters) =>
      karcherWeights(products, parameters.map(weightOf), {
        tolerance: parameters[0]?.tol ?? 1e-5,
        steps: parameters[0]?.max_iter ?? 10,
        total: parameters.length,
      }),
  },
};
