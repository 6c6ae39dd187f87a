import { createMethod } from '../../method.ts';
import { elect, mean, mergekitMean, scale, taskVectors } from '../../passes/combine.ts';
import { dropAtRandom } from '../../passes/dropAtRandom.ts';
import { rescale, rescaleSizes } from '../../passes/rescale.ts';
import { face } from './face.ts';

/** DARE in place of trimming, then sign election and disjoint mean (Yu et al. 2024). */
export const dareTies = createMethod(
  face,
  [taskVectors, dropAtRandom, rescale, elect, mean, scale],
  { passes: [taskVectors, dropAtRandom, rescaleSizes, elect, mergekitMean, scale] },
);
