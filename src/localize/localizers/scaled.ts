import { stitchPaper, type Localizer } from '../localizer.ts';

/** As `paper`, with a learning rate and a penalty in units of the gradients met. */
export const scaled: Localizer = {
  label: 'Scaled',
  summary: 'The paper’s method with a step size that fits the model at hand.',
  paper: stitchPaper('§3.2'),
  form: {
    kind: 'logits',
    start: { on: 3, off: 0, share: 'density' },
    step: 'batch',
    regulariser: 'l1',
    scaled: true,
  },
  defaults: { epochs: 10, batchSize: 16, learningRate: 2, l1: 0.1 },
};
