import { createMethod } from '../../method.ts';
import { sum, taskVectors } from '../../passes/combine.ts';
import { learn } from '../../passes/learn.ts';
import { entropyLearner } from '../../../training/adaMerging.ts';
import { face } from './face.ts';

/** Task arithmetic with coefficients of least entropy (Yang et al. 2024). */
export const adaMerging = createMethod(face, [
  taskVectors,
  learn('learn λ(entropy)', entropyLearner),
  sum,
]);
