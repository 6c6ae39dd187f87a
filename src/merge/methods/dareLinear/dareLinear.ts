import { createMethod } from '../../method.ts';
import { mergekitMean, scale, sum, taskVectors } from '../../passes/combine.ts';
import { dropAtRandom } from '../../passes/dropAtRandom.ts';
import { rescale, rescaleSizes } from '../../passes/rescale.ts';
import { face } from './face.ts';

/** Drops changes at random and rescales the rest before they are added up (Yu et al. 2024). */
export const dareLinear = createMethod(face, [taskVectors, dropAtRandom, rescale, sum, scale], {
  passes: [taskVectors, dropAtRandom, rescaleSizes, mergekitMean, scale],
});
