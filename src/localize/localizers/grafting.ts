import type { Localizer } from '../localizer.ts';

/** Panigrahi et al. 2023, §3: flips of a small starting mask, one step an epoch, the best mask kept. */
export const grafting: Localizer = {
  label: 'Model grafting',
  summary: 'Starts from very few weights and flips the ones the gradient asks for.',
  paper: {
    title: 'Task-specific skill localization',
    url: 'https://arxiv.org/abs/2302.06600',
    section: '§3',
  },
  form: {
    kind: 'logits',
    start: { on: 1, off: 0, share: 1e-5 },
    flips: true,
    step: 'epoch mean',
    regulariser: 'none',
    keepBest: true,
  },
  defaults: { epochs: 10, batchSize: 8, learningRate: 1e7, l1: null },
};
