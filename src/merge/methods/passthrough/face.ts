import type { Face } from '../../method.ts';
import { parameter } from '../../parameters.ts';

const scaleParameter = parameter('scale', 1, 'What every weight is multiplied by.', {
  min: -2,
  max: 2,
});

export const face: Face = {
  label: 'Passthrough',
  summary: 'Takes one model as it is, times a scale.',
  formula: 'θ = s · θ₁',
  paper: { title: "mergekit's guide", url: 'https://github.com/arcee-ai/mergekit#passthrough' },
  parameters: [scaleParameter],
  models: [1, 1],
  mergekit: { base: 'model', parameters: [scaleParameter] },
};
