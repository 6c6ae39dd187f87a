import { createMethod } from '../../method.ts';
import { mean, mergekitMean, weights } from '../../passes/combine.ts';
import { face } from './face.ts';

/** Weighted mean of the fine-tuned weights (model soups, Wortsman et al. 2022, §2). */
export const linear = createMethod(face, [weights, mean], { passes: [weights, mergekitMean] });
