import type { Face } from '../../method.ts';
import { face as regMean } from '../regMean/face.ts';

export const face: Face = {
  ...regMean,
  label: 'RegMean++',
  summary: 'RegMean whose layers are fed by the blocks merged before, not by the models’ own.',
  paper: { title: 'RegMean++', url: 'https://arxiv.org/abs/2508.03121' },
};
