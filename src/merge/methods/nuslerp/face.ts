import type { Face } from '../../method.ts';
import { mergekitParameters, weightParameter } from '../../parameters.ts';
import { face as slerp } from '../slerp/face.ts';

export const face: Face = {
  label: 'NuSLERP',
  summary: 'Adds a point on the arc between two task vectors, tensor by tensor.',
  formula: 'θ = θ_pre + slerp(τ₁, τ₂; t),  t = w₂ / (w₁ + w₂)',
  paper: slerp.paper,
  parameters: [{ ...weightParameter, min: 0 }],
  models: [2, 2],
  mergekit: { base: 'optional', parameters: [mergekitParameters.weight] },
};
