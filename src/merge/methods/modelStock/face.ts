import type { Face } from '../../method.ts';

export const face: Face = {
  label: 'Model Stock',
  summary: 'Averages the models, nearer to the base the more their changes differ.',
  formula: 'θ = θ_pre + t · mean τᵢ,  t = N cos Ω / (1 + (N − 1) cos Ω)',
  paper: { title: 'Model Stock', url: 'https://arxiv.org/abs/2403.19522' },
  parameters: [],
  models: [2, Infinity],
  mergekit: { base: 'apart', parameters: [] },
};
