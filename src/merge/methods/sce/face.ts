import type { Face } from '../../method.ts';
import { parameter } from '../../parameters.ts';

const topkParameter = parameter(
  'select_topk',
  1,
  'Share of the weights of each tensor that may change: those on which the models differ most.',
);

export const face: Face = {
  label: 'SCE',
  summary:
    'Keeps where the models differ most, weighs each by its changes, and lets them vote on signs.',
  formula: 'θ = θ_pre + Σ wᵢ τᵢ / Σ wᵢ over the elected sign,  wᵢ ∝ mean τᵢ² of the selected',
  paper: { title: 'FuseChat', url: 'https://arxiv.org/abs/2408.07990' },
  parameters: [topkParameter],
  mergekit: { base: 'apart', parameters: [topkParameter] },
};
