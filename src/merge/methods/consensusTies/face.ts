import type { Face } from '../../method.ts';
import { densityParameter, weightParameter } from '../../parameters.ts';
import { consensusParameters, face as consensusTa } from '../consensusTa/face.ts';

export const face: Face = {
  label: 'Consensus TIES',
  summary: 'TIES with a sum, but only at the weights that at least two tasks need.',
  formula: 'θ = θ_pre + λ τ where ≥ 2 tasks have |τᵢ| ≥ λ_t |τ − τᵢ|,  τ: trimmed, elected, summed',
  paper: consensusTa.paper,
  parameters: [{ ...densityParameter, default: 0.2 }, weightParameter, ...consensusParameters],
};
