import { createMethod } from '../../method.ts';
import { sum, taskVectors } from '../../passes/combine.ts';
import { learn } from '../../passes/learn.ts';
import { supervisedLearner } from '../../../training/adaMerging.ts';
import { face } from './face.ts';

/** AdaMerging by labels in place of entropy (Yang et al. 2024, whose entropy stands in for them). */
export const adaMergingSupervised = createMethod(face, [
  taskVectors,
  learn('learn λ(labels)', supervisedLearner),
  sum,
]);
