import { everywhere, densityParameter, lambdaParameter, type Method } from '../method.ts';

/**
 * Weighs each change by its score among all of its model and beside the other models, and drops the lowest (Du et al. 2024, §3),
 * ranked over the scope. Left out is the clamping of outliers that the authors' code does and the paper does not state.
 */
export const pcbMerging: Method = {
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
  ...everywhere,
  models: [1, 20],
  mask: 'balance',
  constants: { DELTA: 1, BALANCE: 1 },
};
