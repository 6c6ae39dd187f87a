import {
  parameter,
  sumOfChanges,
  coefficientGrid,
  weightParameter,
  type Method,
} from '../method.ts';

/** Task vectors scaled by depth (Wang et al. 2025); tensors outside the blocks as the first layer. */
export const lines: Method = {
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
  ...sumOfChanges,
  factor: ({ alpha = 1, beta = 0 }, depth) => alpha + beta * depth,
};
