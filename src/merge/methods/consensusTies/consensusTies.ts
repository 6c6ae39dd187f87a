import { createMethod } from '../../method.ts';
import { elect, scale, sum, taskVectors } from '../../passes/combine.ts';
import { keepAgreed } from '../../passes/keepAgreed.ts';
import { trim } from '../../passes/select.ts';
import { face } from './face.ts';

/** TIES with a disjoint sum at the weights that at least two TALL masks hold (Wang et al. 2024). */
export const consensusTies = createMethod(face, [taskVectors, trim, elect, keepAgreed, sum, scale]);
