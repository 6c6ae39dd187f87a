import type { Parameters } from '../../recipe/parameters.ts';
import { sumOfChanges, weightOf, weightParameter, type Method } from '../method.ts';
import { mergekitParameters } from '../mergekitParameters.ts';
import { slerpWeights } from '../sphere.ts';
import { slerp } from './slerp.ts';

/** Great circle between the task vectors of two models, tensor by tensor (Shoemake 1985; mergekit's NuSLERP). */
export const nuslerp: Method = {
  label: 'NuSLERP',
  summary: 'Adds a point on the arc between two task vectors, tensor by tensor.',
  formula: 'θ = θ_pre + slerp(τ₁, τ₂; t),  t = w₂ / (w₁ + w₂)',
  paper: slerp.paper,
  parameters: [{ ...weightParameter, min: 0 }],
  ...sumOfChanges,
  models: [2, 2],
  sums: 'products',
  weigh: ({ products }, parameters) => slerpWeights(products, placeOf(parameters)),
  mergekit: {
    base: 'optional',
    parameters: [mergekitParameters.weight],
    weigh: ({ products }, parameters) =>
      slerpWeights(products, placeOf(parameters), { leastSine: 1e-8, zerosCosine: 0 }),
    withoutBase: { USE_MASKS: 0, NORMALIZE: 0 },
  },
};

/** How far from the first to the second, by their weights. */
function placeOf(parameters: readonly Parameters[]): number {
  const [a = 1, b = 1] = parameters.map(weightOf);
  return Math.abs(a + b) < 1e-6 ? 0.5 : b / (a + b);
}
