import type { Face } from '../../method.ts';
import { parameter, weightParameter } from '../../parameters.ts';
import { examplesParameter } from '../fisher/face.ts';

export const face: Face = {
  label: 'RegMean',
  summary: 'Solves each linear layer for outputs nearest to those of the models on their examples.',
  formula: 'W = (Σ wᵢ Gᵢ)⁻¹ Σ wᵢ Gᵢ Wᵢ,  Gᵢ = XᵢᵀXᵢ per token, off-diagonals × α',
  paper: {
    title: 'Dataless knowledge fusion',
    url: 'https://arxiv.org/abs/2212.09849',
    section: '§3',
  },
  parameters: [
    { ...weightParameter, min: 0 },
    parameter('alpha', 0.9, 'How much of the off-diagonals of the Gram matrices is kept.', {
      min: 0,
      max: 1,
    }),
    examplesParameter,
  ],
};
