import type { Localizer } from '../localizer.ts';

/** Straight-through optimisation of rank scores: every forward pass uses the exact top-k. */
export const hard: Localizer = {
  label: 'Hard',
  summary: 'Keeps the density exact at every step, and learns which weights deserve the places.',
  paper: null,
  form: { kind: 'rank', joint: false },
  defaults: { epochs: 10, batchSize: 16, learningRate: null, l1: null },
};
