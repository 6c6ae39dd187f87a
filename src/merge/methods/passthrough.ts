import { parameter, everywhere, type Method } from '../method.ts';

const scaleParameter = parameter('scale', 1, 'What every weight is multiplied by.', {
  min: -2,
  max: 2,
});

/** One model's weights, scaled: mergekit's passthrough. */
export const passthrough: Method = {
  label: 'Passthrough',
  summary: 'Takes one model as it is, times a scale.',
  formula: 'θ = s · θ₁',
  paper: { title: "mergekit's guide", url: 'https://github.com/arcee-ai/mergekit#passthrough' },
  parameters: [scaleParameter],
  ...everywhere,
  models: [1, 1],
  factor: ({ scale = 1 }) => scale,
  constants: { USE_MASKS: 0, NORMALIZE: 0 },
  mergekit: { base: 'model', parameters: [scaleParameter] },
};
