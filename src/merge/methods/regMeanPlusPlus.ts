import { regMeanPlusPlusLearner } from '../../training/regMean.ts';
import type { Method } from '../method.ts';
import { regMean } from './regMean.ts';

/** RegMean on what the merged layers before make of the examples (Nguyen et al. 2025). */
export const regMeanPlusPlus: Method = {
  ...regMean,
  label: 'RegMean++',
  summary: 'RegMean whose layers are fed by the blocks merged before, not by the models’ own.',
  paper: { title: 'RegMean++', url: 'https://arxiv.org/abs/2508.03121' },
  learner: regMeanPlusPlusLearner,
};
