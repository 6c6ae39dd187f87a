import { parameter, everywhere, type Method } from '../method.ts';
import { slerpWeights } from '../sphere.ts';

const tParameter = parameter(
  't',
  0.5,
  'How far to go from the first model, at 0, to the second, at 1.',
);

/** mergekit goes straight where the cosine is above 0.9995, and takes a vector of zeros for orthogonal. */
const asMergekit = { leastSine: Math.sqrt(1 - 0.9995 ** 2), zerosCosine: 0 };

/** Great circle between the weights of two models, tensor by tensor (Shoemake 1985). */
export const slerp: Method = {
  label: 'SLERP',
  summary: 'Goes from one model to another along the arc between them, tensor by tensor.',
  formula: 'θ = (sin (1 − t)Ω · θ₁ + sin tΩ · θ₂) / sin Ω,  Ω the angle between θ₁ and θ₂',
  paper: {
    title: 'Animating rotation with quaternion curves',
    url: 'https://doi.org/10.1145/325165.325242',
  },
  parameters: [tParameter],
  ...everywhere,
  models: [2, 2],
  sums: 'products',
  weigh: ({ products }, [first]) => slerpWeights(products, first?.t ?? 0.5),
  constants: { USE_MASKS: 0, NORMALIZE: 0 },
  mergekit: {
    base: 'model',
    parameters: [{ ...tParameter, required: true }],
    weigh: ({ products }, [first]) => slerpWeights(products, first?.t ?? 0.5, asMergekit),
  },
};
