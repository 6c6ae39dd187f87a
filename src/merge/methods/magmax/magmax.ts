import { createMethod } from '../../method.ts';
import { largest, scale, taskVectors } from '../../passes/combine.ts';
import { face } from './face.ts';

/** The task vector of largest size at each weight (Marczak et al. 2024); the earlier model's of equal ones. */
export const magmax = createMethod(face, [taskVectors, largest, scale]);
