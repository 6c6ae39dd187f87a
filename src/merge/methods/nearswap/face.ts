import type { Face } from '../../method.ts';
import { parameter } from '../../parameters.ts';

const tParameter = parameter(
  't',
  0.0001,
  'Changes of this size and smaller are taken whole, larger ones in proportion less.',
  { max: 0.01 },
);

export const face: Face = {
  label: 'NearSwap',
  summary: 'Takes what the model changed a little, and keeps the base where it changed much.',
  formula: 'θ = θ_pre + min(1, t / |τ|) · τ',
  paper: {
    title: 'QuartetAnemoi',
    url: 'https://huggingface.co/alchemonaut/QuartetAnemoi-70B-t0.0001',
  },
  parameters: [tParameter],
  models: [1, 1],
  mergekit: { base: 'apart', parameters: [{ ...tParameter, required: true }] },
};
