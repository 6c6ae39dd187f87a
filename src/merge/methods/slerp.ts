import { parameterRules } from '../../recipe/parameters.ts';
import type { Method } from '../method.ts';
import { slerpWeights } from '../sphere.ts';

/** Great circle between the weights of two models, tensor by tensor (Shoemake 1985). */
export const slerp: Method = {
  label: 'SLERP',
  summary: 'Goes from one model to another along the arc between them, tensor by tensor.',
  formula: 'θ = (sin (1 − t)Ω · θ₁ + sin tΩ · θ₂) / sin Ω,  Ω the angle between θ₁ and θ₂',
  paper: {
    title: 'Animating rotation with quaternion curves',
    url: 'https://doi.org/10.1145/325165.325242',
  },
  parameters: [
    {
      ...parameterRules.t,
      ...{ name: 't', default: 0.5 },
      hint: 'How far to go from the first model, at 0, to the second, at 1.',
    },
  ],
  defaultScope: 'all',
  models: [2, 2],
  mask: 'differs',
  weigh: (products, [first]) => slerpWeights(products, first?.t ?? 0.5),
  learnsMasks: false,
  constants: { USE_MASKS: 0, NORMALIZE: 0 },
};
