import { createMethod } from '../../method.ts';
import { mean, scale, taskVectors } from '../../passes/combine.ts';
import { compete } from '../../passes/select.ts';
import { face } from './face.ts';

/**
 * Weighs each change by its score among all of its model and beside the other models, and drops the lowest (Du et al. 2024, §3),
 * ranked over the scope. Left out is the clamping of outliers that the authors' code does and the paper does not state.
 */
export const pcbMerging = createMethod(face, [taskVectors, compete, mean, scale]);
