import type { Face } from '../../method.ts';
import { parameter, weightParameter } from '../../parameters.ts';

/** Examples of each task that a method measures with. */
export const examplesParameter = parameter(
  'examples',
  256,
  'Examples of each task to measure with, at most.',
);

export const face: Face = {
  label: 'Fisher',
  summary: 'Averages the models, each weight by how much its model’s answers hang on it.',
  formula: 'θ = Σ wᵢ Fᵢ θᵢ / Σ wᵢ Fᵢ,  Fᵢ = E[(∇ log p(y))²], y as model i answers, ≥ 10⁻⁶',
  paper: {
    title: 'Merging models with Fisher-weighted averaging',
    url: 'https://arxiv.org/abs/2111.09832',
    section: '§3',
  },
  parameters: [{ ...weightParameter, min: 0 }, examplesParameter],
};
