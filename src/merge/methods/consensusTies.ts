import { keepAgreed } from '../filters/keepAgreed.ts';
import { everywhere, densityParameter, weightParameter, type Method } from '../method.ts';
import { consensusParameters, consensusTa } from './consensusTa.ts';

/** TIES with a disjoint sum at the weights that at least two TALL masks hold (Wang et al. 2024). */
export const consensusTies: Method = {
  label: 'Consensus TIES',
  summary: 'TIES with a sum, but only at the weights that at least two tasks need.',
  formula: 'θ = θ_pre + λ τ where ≥ 2 tasks have |τᵢ| ≥ λ_t |τ − τᵢ|,  τ: trimmed, elected, summed',
  paper: consensusTa.paper,
  parameters: [{ ...densityParameter, default: 0.2 }, weightParameter, ...consensusParameters],
  ...everywhere,
  mask: 'density',
  filters: [keepAgreed],
  constants: { DELTA: 1, ELECT: 1, NORMALIZE: 0 },
};
