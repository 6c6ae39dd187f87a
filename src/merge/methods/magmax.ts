import { everywhere, lambdaParameter, weightParameter, type Method } from '../method.ts';

/** The task vector of largest size at each weight (Marczak et al. 2024); the earlier model's of equal ones. */
export const magmax: Method = {
  label: 'MagMax',
  summary: 'Takes for each weight the one change that is largest.',
  formula: 'θ = θ_pre + λ wⱼ τⱼ,  j = argmax |wᵢ τᵢ|',
  paper: { title: 'MagMax', url: 'https://arxiv.org/abs/2407.06322' },
  parameters: [weightParameter, lambdaParameter],
  ...everywhere,
  constants: { DELTA: 1, NORMALIZE: 0, CHOOSE: 1 },
};
