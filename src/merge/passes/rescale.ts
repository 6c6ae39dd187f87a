import type { Parameters } from '../../recipe/parameters.ts';
import type { Pass } from '../method.ts';
import type { Sums } from '../sums.ts';

/** Whether a model that drops at random keeps its Σ|τ| in every tensor, and not only its expected task vector. */
function keepsSizeExactly(own: Parameters): boolean {
  return own.rescale_l1 !== 0 && keepsSize(own);
}

/** 1 / density when rescaling after a random drop, so that the expected task vector stays (Yu et al. 2024). */
function grownByDropped({ rescale = 1, density = 1 }: Parameters): number {
  return rescale !== 0 && density > 0 ? 1 / density : 1;
}

/** Whether what is kept of a model grows to the Σ|τ| that it had. */
function keepsSize({ rescale = 0, density = 1 }: Parameters): boolean {
  return rescale !== 0 && density < 1;
}

const least = 1e-7;

/** Weights times Σ|τ| / Σ_kept |τ| where a model rescales; sums below 1e-7 count for none, as in mergekit. */
function rescaledWeights({ all, held }: Sums, parameters: readonly Parameters[]): number[] {
  return parameters.map((own, m) => {
    const [before = 0, after = 0] = [all[m], held[m]];
    const grows = keepsSize(own) && before >= least && after >= least;
    return (own.weight ?? 1) * (grows ? before / after : 1);
  });
}

/** Models that dropped changes grow to the Σ|τ| that they had in each tensor. */
export const rescaleSizes: Pass = {
  name: 'rescale',
  sums: 'sizes',
  weigh: rescaledWeights,
  weighs: keepsSize,
};

/** They grow by 1 / density, or with `rescale_l1` to their Σ|τ|. */
export const rescale: Pass = {
  ...rescaleSizes,
  factor: grownByDropped,
  weighs: keepsSizeExactly,
};
