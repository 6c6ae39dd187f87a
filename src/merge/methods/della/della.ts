import { createMethod } from '../../method.ts';
import { elect, mean, mergekitMean, scale, taskVectors } from '../../passes/combine.ts';
import { dropByRank } from '../../passes/dropByRank.ts';
import { rescaleSizes } from '../../passes/rescale.ts';
import { face } from './face.ts';

/** DELLA's random drop, then sign election and disjoint mean (Deep et al. 2024). */
export const della = createMethod(
  face,
  [taskVectors, dropByRank, rescaleSizes, elect, mean, scale],
  { passes: [taskVectors, dropByRank, rescaleSizes, elect, mergekitMean, scale] },
);
