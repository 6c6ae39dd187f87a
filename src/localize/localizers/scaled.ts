import { stitchPaper, type Localizer } from '../localizer.ts';
import { paperForm } from './paper.ts';

/** As `paper`, with a learning rate and a penalty in units of the gradients met. */
export const scaled: Localizer = {
  label: 'Scaled',
  summary: 'The paper’s method with a step size that fits the model at hand.',
  paper: stitchPaper('§3.2'),
  form: { ...paperForm, scaled: true },
  defaults: { epochs: 10, batchSize: 16, learningRate: 2, l1: 0.1 },
};
