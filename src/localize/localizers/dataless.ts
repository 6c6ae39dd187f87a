import { stitchPaper, type Localizer } from '../localizer.ts';

/** He et al. 2025, §3.2: the positions of largest |τ| over the whole scope. */
export const dataless: Localizer = {
  label: 'Largest changes',
  summary: 'Takes the weights the fine-tuning changed most; needs no data.',
  paper: stitchPaper('§3.2'),
  form: { kind: 'magnitude' },
  defaults: null,
};
