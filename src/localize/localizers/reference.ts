import { stitchPaper, type Localizer } from '../localizer.ts';

/** The authors' published code: one step an epoch with summed gradients, and a term beside it that pushes S away from 0. */
export const reference: Localizer = {
  label: 'The authors’ code',
  summary: 'What the published code does: one step an epoch, gradients summed.',
  paper: stitchPaper('published code'),
  form: {
    kind: 'logits',
    start: { on: 5, off: -5, share: 1e-5 },
    step: 'epoch sum',
    regulariser: 'away',
  },
  defaults: { epochs: 10, batchSize: 8, learningRate: 1e7, l1: 10 },
  imageDefaults: { batchSize: 128, l1: 1 },
  revision: 1,
};
