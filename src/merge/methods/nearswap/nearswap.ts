import { createMethod } from '../../method.ts';
import { near, taskVectors } from '../../passes/combine.ts';
import { face } from './face.ts';

/** Takes small changes whole and large ones hardly (alchemonaut 2024, "NearSwap"). */
export const nearswap = createMethod(face, [taskVectors, near]);
