import { createMethod } from '../../method.ts';
import { sum, taskVectors } from '../../passes/combine.ts';
import { weigh } from '../../passes/weigh.ts';
import type { Products } from '../../sums.ts';
import { face } from './face.ts';

/** Average pulled towards the base by the angle between task vectors, tensor by tensor (Jang et al. 2024). */
export const modelStock = createMethod(
  face,
  [taskVectors, towardsBase((products) => Math.max(0, meanCosine(products, 0))), sum],
  { passes: [taskVectors, towardsBase((products) => meanCosine(products, 1e-6)), sum] },
);

function towardsBase(cosineOf: (products: Products) => number) {
  return weigh('towards the base(cos Ω)', 'products', ({ products }) =>
    stockWeights(cosineOf(products), products.length),
  );
}

/** cos Ω, the mean over pairs; products of lengths count as no less than `least`. */
function meanCosine(products: Products, least: number): number {
  const n = products.length;
  let sum = 0;
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++) {
      const lengths = Math.max(least, Math.sqrt(products[i]![i]! * products[j]![j]!));
      sum += lengths > 0 ? Math.max(-1, Math.min(1, products[i]![j]! / lengths)) : 0;
    }
  return sum / ((n * (n - 1)) / 2);
}

/** t / N for each model. A cosine below 0 is taken for 0 where the centre is to lie between base and mean, as in the paper. */
function stockWeights(cosine: number, models: number): number[] {
  return Array.from({ length: models }, () => cosine / (1 + (models - 1) * cosine));
}
