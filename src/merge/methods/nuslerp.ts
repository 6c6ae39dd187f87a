import { weightParameter, type Method } from '../method.ts';
import { slerpWeights } from '../sphere.ts';

/** Great circle between the task vectors of two models, tensor by tensor (Shoemake 1985; mergekit's NuSLERP). */
export const nuslerp: Method = {
  label: 'NuSLERP',
  summary: 'Adds a point on the arc between two task vectors, tensor by tensor.',
  formula: 'θ = θ_pre + slerp(τ₁, τ₂; t),  t = w₂ / (w₁ + w₂)',
  paper: {
    title: 'Animating rotation with quaternion curves',
    url: 'https://doi.org/10.1145/325165.325242',
  },
  parameters: [{ ...weightParameter, min: 0 }],
  defaultScope: 'all',
  models: [2, 2],
  mask: 'differs',
  weigh(products, parameters) {
    const [first = 1, second = 1] = parameters.map(({ weight }) => weight);
    return slerpWeights(products, first + second === 0 ? 0.5 : second / (first + second));
  },
  learnsMasks: false,
  constants: { DELTA: 1, NORMALIZE: 0 },
};
