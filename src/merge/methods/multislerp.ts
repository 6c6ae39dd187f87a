import { mergekitParameters } from '../mergekitParameters.ts';
import { parameter, sumOfChanges, weightOf, weightParameter, type Method } from '../method.ts';
import { directionWeights } from '../sphere.ts';

/** Mean direction of task vectors at their mean length, tensor by tensor (Goddard 2025, "Multi-SLERP"). */
export const multislerp: Method = {
  label: 'Multi-SLERP',
  summary: 'Averages the directions of the task vectors, and keeps their mean length.',
  formula: 'θ = θ_pre + (Σ wᵢ ‖τᵢ‖) · d / ‖d‖,  d = Σ wᵢ τᵢ / ‖τᵢ‖,  Σ wᵢ = 1',
  paper: {
    title: 'Multi-SLERP',
    url: 'https://goddard.blog/posts/multislerp-wow-what-a-cool-idea',
  },
  parameters: [{ ...weightParameter, min: 0 }],
  ...sumOfChanges,
  sums: 'products',
  weigh: ({ products }, parameters) => directionWeights(products, parameters.map(weightOf)),
  mergekit: {
    base: 'optional',
    parameters: [
      mergekitParameters.weight,
      parameter('normalize_weights', 1, 'Whether the weights count by their shares alone.'),
    ],
    weigh({ products }, parameters) {
      const weights = parameters.map(weightOf);
      const total = weights.reduce((a, b) => a + b, 0);
      const counts = parameters[0]?.normalize_weights === 0 ? 1 : total;
      return directionWeights(products, weights, counts);
    },
    withoutBase: { USE_MASKS: 0, NORMALIZE: 0 },
  },
};
