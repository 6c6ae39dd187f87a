import type { Face } from '../../method.ts';
import { lambdaParameter } from '../../parameters.ts';

export const face: Face = {
  label: 'TSV-Merge',
  summary: 'Keeps the strongest directions of each change, and turns them out of each other’s way.',
  formula:
    'θ = θ_pre + λ U⊥ S V⊥ᵀ,  U, S, V = the rank / N largest singular triplets of each τᵢ,  X⊥ = the orthonormal matrix nearest to X',
  paper: { title: 'Task singular vectors', url: 'https://arxiv.org/abs/2412.00081' },
  parameters: [lambdaParameter],
};
