import { createMethod } from '../../method.ts';
import { weights } from '../../passes/combine.ts';
import { learn } from '../../passes/learn.ts';
import { fewShotLearner } from '../../../training/fewShot.ts';
import { face } from './face.ts';

/** The control: the examples alone, with no merging or with the average to begin at (AdamW, Loshchilov and Hutter 2019). */
export const fewShot = createMethod(face, [weights, learn('train', fewShotLearner)]);
