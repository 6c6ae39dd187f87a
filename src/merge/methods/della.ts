import type { Method } from '../method.ts';
import { asMergekit, dellaShared } from './dellaLinear.ts';

/** DELLA's random drop, then sign election and disjoint mean (Deep et al. 2024). */
export const della: Method = {
  label: 'DELLA + TIES',
  summary:
    'Drops changes at random, small ones more often, and averages those that agree on a sign.',
  formula: 'θ = θ_pre + λ · mean of wᵢ sᵢ mᵢ τᵢ with the elected sign,  mᵢ as in DELLA',
  ...dellaShared,
  constants: { DELTA: 1, ELECT: 1 },
  mergekit: asMergekit({ elects: true, normalize: true }),
};
