import type { Pass, Instructions } from '../method.ts';
import type { Parameters } from '../../recipe/parameters.ts';

/** Weighs the models of each tensor anew by sums over it. */
export const weigh = (
  name: string,
  sums: NonNullable<Instructions['sums']>,
  by: NonNullable<Instructions['weigh']>,
): Pass => ({ name, sums, weigh: by });

/** Multiplies terms by a number for the depth of their tensor: 0 in the first layer, 1 in the last. */
export const factor = (
  name: string,
  by: (parameters: Parameters, depth: number) => number,
): Pass => ({ name, factor: by });
