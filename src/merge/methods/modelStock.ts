import type { Method } from '../method.ts';
import type { Products } from '../tensorWeights.ts';

/** Average pulled towards the base by the angle between task vectors, tensor by tensor (Jang et al. 2024). */
export const modelStock: Method = {
  label: 'Model Stock',
  summary: 'Averages the models, nearer to the base the more their changes differ.',
  formula: 'θ = θ_pre + t · mean τᵢ,  t = N cos Ω / (1 + (N − 1) cos Ω)',
  paper: { title: 'Model Stock', url: 'https://arxiv.org/abs/2403.19522' },
  parameters: [],
  defaultScope: 'all',
  models: [2, Infinity],
  mask: 'differs',
  weigh: stockWeights,
  learnsMasks: false,
  constants: { DELTA: 1, NORMALIZE: 0 },
};

/** Ω is the mean over pairs; mean cosines below 0 count as 0, because the paper's centre lies between base and mean. */
function stockWeights(products: Products): number[] {
  const n = products.length;
  let sum = 0;
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++) {
      const norms = Math.sqrt(products[i]![i]! * products[j]![j]!);
      sum += norms > 0 ? products[i]![j]! / norms : 0;
    }
  const cosine = Math.max(0, sum / ((n * (n - 1)) / 2));
  return products.map(() => cosine / (1 + (n - 1) * cosine));
}
