import { dropped } from '../mergekitTrim.ts';
import type { Method } from '../method.ts';
import { dareShared } from './dareLinear.ts';

/** DARE in place of trimming, then sign election and disjoint mean (Yu et al. 2024). */
export const dareTies: Method = {
  label: 'DARE + TIES',
  summary: 'Drops changes at random, scales up the rest, and averages those that agree on a sign.',
  formula: 'θ = θ_pre + λ · mean of wᵢ mᵢ τᵢ / density with the elected sign',
  ...dareShared,
  constants: { DELTA: 1, ELECT: 1 },
  mergekit: dropped({ elects: true, normalize: false }),
};
