import type { Face } from '../../method.ts';
import { parameter } from '../../parameters.ts';

const tParameter = parameter(
  't',
  0.5,
  'How far to go from the first model, at 0, to the second, at 1.',
);

export const face: Face = {
  label: 'SLERP',
  summary: 'Goes from one model to another along the arc between them, tensor by tensor.',
  formula: 'θ = (sin (1 − t)Ω · θ₁ + sin tΩ · θ₂) / sin Ω,  Ω the angle between θ₁ and θ₂',
  paper: {
    title: 'Animating rotation with quaternion curves',
    url: 'https://doi.org/10.1145/325165.325242',
  },
  parameters: [tParameter],
  models: [2, 2],
  mergekit: { base: 'model', parameters: [{ ...tParameter, required: true }] },
};
