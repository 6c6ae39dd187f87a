import { stitchPaper, type Localizer, type LogitForm } from '../localizer.ts';

export const paperForm: LogitForm = {
  kind: 'logits',
  start: { on: 3, off: 0, share: 'density' },
  step: 'batch',
  regulariser: 'l1',
};

/** He et al. 2025, §3.2 and Appendix H: θ_pre + σ(S)⊙τ by SGD with an L1 penalty. */
export const paper: Localizer = {
  label: 'As in the paper',
  summary: 'Gradient descent on the mask, with the learning rate of the paper’s model size.',
  paper: stitchPaper('§3.2, App. H'),
  form: paperForm,
  defaults: { epochs: 10, batchSize: 16, learningRate: 1e7, l1: 1e-5 },
};
