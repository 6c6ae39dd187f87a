import { dropLargest } from '../filters/dropLargest.ts';
import { trimmed } from '../mergekitTrim.ts';
import { everywhere, lambdaParameter, weightParameter, type Method } from '../method.ts';
import { bandParameters, breadcrumbs } from './breadcrumbs.ts';

/** Breadcrumbs (Davari and Belilovsky 2024) in place of trimming, then sign election and disjoint mean. */
export const breadcrumbsTies: Method = {
  label: 'Breadcrumbs + TIES',
  summary: 'Leaves out outliers and small changes, and averages those that agree on a sign.',
  formula: 'θ = θ_pre + λ · mean of wᵢ mᵢ τᵢ with the elected sign,  mᵢ as in Breadcrumbs',
  paper: breadcrumbs.paper,
  parameters: [...bandParameters, weightParameter, lambdaParameter],
  ...everywhere,
  mask: 'density',
  filters: [dropLargest],
  constants: { DELTA: 1, ELECT: 1 },
  mergekit: trimmed({ elects: true, normalize: false, outliers: true }),
};
