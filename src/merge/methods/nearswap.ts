import { parameter, everywhere, type Method } from '../method.ts';

const tParameter = parameter(
  't',
  0.0001,
  'Changes of this size and smaller are taken whole, larger ones in proportion less.',
  { max: 0.01 },
);

/** Takes small changes whole and large ones hardly (alchemonaut 2024, "NearSwap"). */
export const nearswap: Method = {
  label: 'NearSwap',
  summary: 'Takes what the model changed a little, and keeps the base where it changed much.',
  formula: 'θ = θ_pre + min(1, t / |τ|) · τ',
  paper: {
    title: 'QuartetAnemoi',
    url: 'https://huggingface.co/alchemonaut/QuartetAnemoi-70B-t0.0001',
  },
  parameters: [tParameter],
  ...everywhere,
  models: [1, 1],
  factor: ({ t = 0 }) => t,
  constants: { DELTA: 1, NEAR: 1 },
  mergekit: { base: 'apart', parameters: [{ ...tParameter, required: true }] },
};
