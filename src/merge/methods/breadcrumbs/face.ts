import type { Face } from '../../method.ts';
import {
  densityParameter,
  lambdaParameter,
  parameter,
  trimmedForm,
  weightParameter,
} from '../../parameters.ts';

/** What Breadcrumbs keeps and leaves out. */
export const bandParameters = [
  {
    ...densityParameter,
    default: 0.15,
    hint: 'Share of the weights in scope that this model may bring in: the largest changes after the outliers.',
  },
  parameter(
    'gamma',
    0.01,
    'Share of the weights in scope that are left out as outliers: the very largest changes.',
    { max: 0.5 },
  ),
] as const;

export const face: Face = {
  label: 'Breadcrumbs',
  summary: 'Leaves out both the outliers and the small changes, and adds up what lies between.',
  formula: 'θ = θ_pre + λ Σ wᵢ mᵢ τᵢ,  mᵢ: after the γ·N largest |τᵢ|, the density·N next',
  paper: { title: 'Model Breadcrumbs', url: 'https://arxiv.org/abs/2312.06795' },
  parameters: [...bandParameters, { ...weightParameter, default: 0.4 }, lambdaParameter],
  mergekit: trimmedForm({ mean: false, outliers: true }),
};
