import type { Parameters } from '../recipe/parameters.ts';

/** 1 / density when rescaling after a random drop, so that the expected task vector stays (Yu et al. 2024). */
export function grownByDropped({ rescale = 1, density = 1 }: Parameters): number {
  return rescale !== 0 && density > 0 ? 1 / density : 1;
}
