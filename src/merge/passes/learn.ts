import type { Learner } from '../../training/learner.ts';
import type { Pass } from '../method.ts';

/** Learns from examples of every task first: coefficients, statistics or weights. */
export const learn = (name: string, learner: Learner): Pass => ({ name, learner });
