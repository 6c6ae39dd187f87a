import { createMethod } from '../../method.ts';
import { sum, taskVectors } from '../../passes/combine.ts';
import { factor } from '../../passes/weigh.ts';
import { face } from './face.ts';

const byDepth = factor(
  'scale(α + β · depth)',
  ({ alpha = 1, beta = 0 }, depth) => alpha + beta * depth,
);

/** Task vectors scaled by depth (Wang et al. 2025); tensors outside the blocks as the first layer. */
export const lines = createMethod(face, [taskVectors, byDepth, sum]);
