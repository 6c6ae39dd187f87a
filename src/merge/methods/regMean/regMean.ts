import { createMethod } from '../../method.ts';
import { mean, weights } from '../../passes/combine.ts';
import { learn } from '../../passes/learn.ts';
import { regMeanLearner } from '../../../training/regMean.ts';
import { face } from './face.ts';

/** Linear layers by regression on the fine-tuned ones' outputs, other tensors averaged (Jin et al. 2023). */
export const regMean = createMethod(face, [
  weights,
  learn('solve(Gram matrices)', regMeanLearner),
  mean,
]);
