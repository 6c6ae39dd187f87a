import type { Face } from '../../method.ts';
import { parameter } from '../../parameters.ts';
import { learningRateParameter } from '../adaMerging/face.ts';

export const face: Face = {
  label: 'Few-shot fine-tuning',
  summary: 'Merges nothing: trains new weights on the examples of all tasks, as a comparison.',
  formula:
    'θ = AdamW from θ_pre or from the average, on all examples shuffled together, or task after task',
  paper: { title: 'Decoupled weight decay', url: 'https://arxiv.org/abs/1711.05101' },
  parameters: [
    parameter('epochs', 6, 'How often every example is seen.'),
    learningRateParameter(3e-4),
    parameter(
      'from_average',
      0,
      'Whether to begin at the average of the fine-tuned models, not at the base.',
    ),
    parameter(
      'in_turn',
      0,
      'Whether to train on one task after another, as continual training does, not on all at once.',
    ),
  ],
  defaultScope: 'blocks',
};
