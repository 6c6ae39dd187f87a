import { createMethod } from '../../method.ts';
import { mergekitMean, scale, sum, taskVectors } from '../../passes/combine.ts';
import { dropByRank } from '../../passes/dropByRank.ts';
import { rescaleSizes } from '../../passes/rescale.ts';
import { face } from './face.ts';

/** Drops changes at random, small ones of a row more often, and adds up the rest (Deep et al. 2024). */
export const dellaLinear = createMethod(face, [taskVectors, dropByRank, rescaleSizes, sum, scale], {
  passes: [taskVectors, dropByRank, rescaleSizes, mergekitMean, scale],
});
