import type { Face } from '../../method.ts';
import { densityParameter, weightParameter } from '../../parameters.ts';

export const face: Face = {
  label: 'Localize-and-Stitch',
  summary: 'Keeps the few weights each task changed most, and averages only where tasks overlap.',
  formula:
    'θ = θ_pre where no task owns the weight, θᵢ where one does, the mean of owners elsewhere',
  paper: { title: 'Localize-and-Stitch', url: 'https://arxiv.org/abs/2408.13656', section: '§3' },
  parameters: [densityParameter, weightParameter],
  defaultScope: 'blocks',
  learnsMasks: true,
};
