import type { Face } from '../../method.ts';
import { mergekitParameters, parameter, weightParameter } from '../../parameters.ts';

export const face: Face = {
  label: 'Multi-SLERP',
  summary: 'Averages the directions of the task vectors, and keeps their mean length.',
  formula: 'θ = θ_pre + (Σ wᵢ ‖τᵢ‖) · d / ‖d‖,  d = Σ wᵢ τᵢ / ‖τᵢ‖,  Σ wᵢ = 1',
  paper: {
    title: 'Multi-SLERP',
    url: 'https://goddard.blog/posts/multislerp-wow-what-a-cool-idea',
  },
  parameters: [{ ...weightParameter, min: 0 }],
  mergekit: {
    base: 'optional',
    parameters: [
      mergekitParameters.weight,
      parameter('normalize_weights', 1, 'Whether the weights count by their shares alone.'),
    ],
  },
};
