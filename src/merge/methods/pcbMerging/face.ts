import type { Face } from '../../method.ts';
import { densityParameter, lambdaParameter } from '../../parameters.ts';

export const face: Face = {
  label: 'PCB-merging',
  summary:
    'Weighs each change by its size and by how far other models share it, and drops the lowest.',
  formula: 'θ = θ_pre + λ Σ β̂ᵢ τᵢ / Σ β̂ᵢ,  βᵢ = softmax(n·norm τᵢ²) · Σⱼ softmax(norm τᵢτⱼ)',
  paper: {
    title: 'Parameter Competition Balancing for Model Merging',
    url: 'https://arxiv.org/abs/2410.02396',
    section: '§3',
  },
  parameters: [
    {
      ...densityParameter,
      default: 0.2,
      hint: 'Share of the weights in scope that this model may bring in: those of highest score.',
    },
    lambdaParameter,
  ],
  models: [1, 20],
};
