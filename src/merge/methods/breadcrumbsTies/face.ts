import type { Face } from '../../method.ts';
import { lambdaParameter, trimmedForm, weightParameter } from '../../parameters.ts';
import { bandParameters, face as breadcrumbs } from '../breadcrumbs/face.ts';

export const face: Face = {
  label: 'Breadcrumbs + TIES',
  summary: 'Leaves out outliers and small changes, and averages those that agree on a sign.',
  formula: 'θ = θ_pre + λ · mean of wᵢ mᵢ τᵢ with the elected sign,  mᵢ as in Breadcrumbs',
  paper: breadcrumbs.paper,
  parameters: [...bandParameters, weightParameter, lambdaParameter],
  mergekit: trimmedForm({ mean: false, outliers: true }),
};
