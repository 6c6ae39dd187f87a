import type { Face } from '../../method.ts';
import {
  densityParameter,
  lambdaParameter,
  trimmedForm,
  weightParameter,
} from '../../parameters.ts';

export const face: Face = {
  label: 'TIES',
  summary: 'Trims small changes, lets the models vote on each sign, and averages those that agree.',
  formula: 'θ = θ_pre + λ · mean of trimmed wᵢ τᵢ with the elected sign',
  paper: { title: 'TIES-Merging', url: 'https://arxiv.org/abs/2306.01708', section: '§4' },
  parameters: [{ ...densityParameter, default: 0.2 }, weightParameter, lambdaParameter],
  mergekit: trimmedForm({ mean: true }),
};
