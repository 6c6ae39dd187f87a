import { createMethod } from '../../method.ts';
import { mean, weights } from '../../passes/combine.ts';
import { learn } from '../../passes/learn.ts';
import { regMeanPlusPlusLearner } from '../../../training/regMean.ts';
import { face } from './face.ts';

/** RegMean on what the merged layers before make of the examples (Nguyen et al. 2025). */
export const regMeanPlusPlus = createMethod(face, [
  weights,
  learn('solve(Gram matrices), block by block', regMeanPlusPlusLearner),
  mean,
]);
