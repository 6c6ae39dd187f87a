import type { Localizer } from '../localizer.ts';

/** Positions drawn at random: the control every localizer must beat. */
export const random: Localizer = {
  label: 'Random',
  summary: 'Takes weights at random: a control that every other way should beat.',
  paper: null,
  form: { kind: 'random' },
  defaults: null,
};
