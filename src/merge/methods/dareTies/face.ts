import type { Face } from '../../method.ts';
import { droppedForm } from '../../parameters.ts';
import { dareParameters, face as dareLinear } from '../dareLinear/face.ts';

export const face: Face = {
  label: 'DARE + TIES',
  summary: 'Drops changes at random, scales up the rest, and averages those that agree on a sign.',
  formula: 'θ = θ_pre + λ · mean of wᵢ mᵢ τᵢ / density with the elected sign',
  paper: dareLinear.paper,
  parameters: dareParameters,
  mergekit: droppedForm({ mean: false }),
};
