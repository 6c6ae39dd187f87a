import type { Face } from '../../method.ts';
import { dellaForm, dellaParameters, face as dellaLinear } from '../dellaLinear/face.ts';

export const face: Face = {
  label: 'DELLA + TIES',
  summary:
    'Drops changes at random, small ones more often, and averages those that agree on a sign.',
  formula: 'θ = θ_pre + λ · mean of wᵢ sᵢ mᵢ τᵢ with the elected sign,  mᵢ as in DELLA',
  paper: dellaLinear.paper,
  parameters: dellaParameters,
  mergekit: dellaForm({ mean: true }),
};
