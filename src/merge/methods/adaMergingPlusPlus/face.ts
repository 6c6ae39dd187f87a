import type { Face } from '../../method.ts';
import { densityParameter } from '../../parameters.ts';
import { face as adaMerging } from '../adaMerging/face.ts';

export const face: Face = {
  ...adaMerging,
  label: 'AdaMerging++',
  summary: 'AdaMerging of task vectors that are trimmed first, without what the signs disagree on.',
  formula: 'θ = θ_pre + Σ λᵢ Φ(τᵢ),  Φ: trimmed, of the elected sign,  λ: least entropy, 0 ≤ λ ≤ 1',
  parameters: [{ ...densityParameter, default: 0.2 }, ...adaMerging.parameters],
};
