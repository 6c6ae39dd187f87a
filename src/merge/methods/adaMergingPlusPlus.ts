import { densityParameter, type Method } from '../method.ts';
import { adaMerging } from './adaMerging.ts';

/** AdaMerging on task vectors that are trimmed and elected as by TIES (Yang et al. 2024). */
export const adaMergingPlusPlus: Method = {
  ...adaMerging,
  label: 'AdaMerging++',
  summary: 'AdaMerging of task vectors that are trimmed first, without what the signs disagree on.',
  formula: 'θ = θ_pre + Σ λᵢ Φ(τᵢ),  Φ: trimmed, of the elected sign,  λ: least entropy, 0 ≤ λ ≤ 1',
  parameters: [{ ...densityParameter, default: 0.2 }, ...adaMerging.parameters],
  mask: 'density',
  constants: { DELTA: 1, ELECT: 1, EQUAL_VOTES: 1, NORMALIZE: 0 },
};
