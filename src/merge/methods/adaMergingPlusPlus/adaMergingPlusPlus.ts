import { createMethod } from '../../method.ts';
import { electEqually, sum, taskVectors } from '../../passes/combine.ts';
import { learn } from '../../passes/learn.ts';
import { trim } from '../../passes/select.ts';
import { entropyLearner } from '../../../training/adaMerging.ts';
import { face } from './face.ts';

/** AdaMerging on task vectors that are trimmed and elected as by TIES (Yang et al. 2024). */
export const adaMergingPlusPlus = createMethod(face, [
  taskVectors,
  trim,
  electEqually,
  learn('learn λ(entropy)', entropyLearner),
  sum,
]);
