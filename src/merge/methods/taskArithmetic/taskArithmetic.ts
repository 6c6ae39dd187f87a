import { createMethod } from '../../method.ts';
import { mergekitMean, scale, sum, taskVectors } from '../../passes/combine.ts';
import { face } from './face.ts';

/** Base plus the weighted sum of task vectors (Ilharco et al. 2023, §2). */
export const taskArithmetic = createMethod(face, [taskVectors, sum, scale], {
  passes: [taskVectors, mergekitMean, scale],
});
