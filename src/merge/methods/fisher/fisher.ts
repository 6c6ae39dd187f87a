import { createMethod } from '../../method.ts';
import { mean, weights } from '../../passes/combine.ts';
import { learn } from '../../passes/learn.ts';
import { fisherLearner } from '../../../training/fisher.ts';
import { face } from './face.ts';

/** Mean of the fine-tuned weights by their diagonal Fisher information (Matena and Raffel 2022). */
export const fisher = createMethod(face, [
  weights,
  learn('measure Fisher information', fisherLearner),
  mean,
]);
