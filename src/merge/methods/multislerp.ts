import { weightParameter, type Method } from '../method.ts';
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
  defaultScope: 'all',
  mask: 'differs',
  weigh: (products, parameters) => directionWeights(products, parameters.map(weightOf)),
  learnsMasks: false,
  constants: { DELTA: 1, NORMALIZE: 0 },
};

const weightOf = ({ weight = 1 }: { weight?: number }) => weight;
