import { trimmed } from '../mergekitTrim.ts';
import {
  everywhere,
  densityParameter,
  lambdaParameter,
  weightParameter,
  type Method,
} from '../method.ts';

/** Trim, elect sign, disjoint mean (Yadav et al. 2023, §4, Algorithm 1), trimmed over the whole scope. */
export const ties: Method = {
  label: 'TIES',
  summary: 'Trims small changes, lets the models vote on each sign, and averages those that agree.',
  formula: 'θ = θ_pre + λ · mean of trimmed wᵢ τᵢ with the elected sign',
  paper: { title: 'TIES-Merging', url: 'https://arxiv.org/abs/2306.01708', section: '§4' },
  parameters: [{ ...densityParameter, default: 0.2 }, weightParameter, lambdaParameter],
  ...everywhere,
  mask: 'density',
  constants: { DELTA: 1, ELECT: 1 },
  mergekit: trimmed({ elects: true, normalize: true }),
};
