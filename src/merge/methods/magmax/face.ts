import type { Face } from '../../method.ts';
import { lambdaParameter, weightParameter } from '../../parameters.ts';

export const face: Face = {
  label: 'MagMax',
  summary: 'Takes for each weight the one change that is largest.',
  formula: 'θ = θ_pre + λ wⱼ τⱼ,  j = argmax |wᵢ τᵢ|',
  paper: { title: 'MagMax', url: 'https://arxiv.org/abs/2407.06322' },
  parameters: [weightParameter, lambdaParameter],
};
