import type { Face } from '../../method.ts';
import { coefficientParameters, face as adaMerging } from '../adaMerging/face.ts';

export const face: Face = {
  ...adaMerging,
  label: 'AdaMerging, supervised',
  summary:
    'Task arithmetic whose coefficients are learned so that the few examples come out right.',
  formula: 'θ = θ_pre + Σ λᵢ τᵢ,  λ: least loss on the examples, 0 ≤ λ ≤ 1',
  parameters: coefficientParameters(200, 1e-2),
};
