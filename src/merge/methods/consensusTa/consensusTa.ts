import { createMethod } from '../../method.ts';
import { scale, sum, taskVectors } from '../../passes/combine.ts';
import { keepAgreed } from '../../passes/keepAgreed.ts';
import { face } from './face.ts';

/** Task arithmetic at the weights that at least two TALL masks hold (Wang et al. 2024). */
export const consensusTa = createMethod(face, [taskVectors, keepAgreed, sum, scale]);
