import type { Kernel } from '../compute.ts';
import source from './dropOutliers.wgsl?raw';

/** Takes the positions of a second set of masks out of the first. Params: words, models. One row per model. */
export const dropOutliers: Kernel = {
  id: 'dropOutliers',
  wgsl: source,
  access: ['write'],
  reference([masks], [words, models]) {
    const length = words! * models!;
    for (let i = 0; i < length; i++) masks![i]! &= ~masks![length + i]!;
  },
};
