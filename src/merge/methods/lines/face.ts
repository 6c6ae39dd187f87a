import type { Face } from '../../method.ts';
import { coefficientGrid, parameter, weightParameter } from '../../parameters.ts';

export const face: Face = {
  label: 'LiNeS',
  summary: 'Adds up the changes, scaled from little in shallow layers to much in deep ones.',
  formula: 'θ = θ_pre + (α + β (l − 1) / (L − 1)) Σ wᵢ τᵢ in layer l of L',
  paper: { title: 'LiNeS', url: 'https://arxiv.org/abs/2410.17146' },
  parameters: [
    weightParameter,
    parameter('alpha', 0.2, 'Scale of the changes in the first layer, and outside the layers.', {
      min: 0,
      max: 2,
    }),
    parameter(
      'beta',
      0.4,
      'How much more the changes of the last layer are scaled than those of the first.',
      { min: 0, max: 2, grid: coefficientGrid },
    ),
  ],
};
