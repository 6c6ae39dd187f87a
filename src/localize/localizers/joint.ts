import type { Localizer } from '../localizer.ts';

/** As `hard`, for the masks of all tasks at once, against the model stitched from them. */
export const joint: Localizer = {
  label: 'Joint',
  summary: 'Learns the masks of all tasks together, against the stitched model itself.',
  paper: null,
  form: { kind: 'rank', joint: true },
  defaults: { epochs: 6, batchSize: 32, learningRate: null, l1: null },
};
