import { createMethod } from '../../method.ts';
import { elect, mean, mergekitMean, scale, taskVectors } from '../../passes/combine.ts';
import { rescaleSizes } from '../../passes/rescale.ts';
import { trim, trimEach } from '../../passes/select.ts';
import { face } from './face.ts';

/** Trim, elect sign, disjoint mean (Yadav et al. 2023, §4, Algorithm 1), trimmed over the whole scope. */
export const ties = createMethod(face, [taskVectors, trim, elect, mean, scale], {
  passes: [taskVectors, trimEach, rescaleSizes, elect, mergekitMean, scale],
});
