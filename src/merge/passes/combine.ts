import type { Pass } from '../method.ts';

/** Passes that the combine kernel takes in one go, in the order in which they are listed here. */

/** All weights of the models, also where they are the base's. */
export const weights: Pass = { name: 'weights', constants: { USE_MASKS: 0 } };

/** τ = θ − θ_pre in place of θ. */
export const taskVectors: Pass = { name: 'task vectors', constants: { DELTA: 1 } };

/** Leaves the terms that have the sign of their sum (Yadav et al. 2023, §4). */
export const elect: Pass = { name: 'elect', constants: { ELECT: 1 } };

/** The same, with one vote of its own size for every model whatever its weight. */
export const electEqually: Pass = { name: 'elect', constants: { ELECT: 1, EQUAL_VOTES: 1 } };

/** Σ of the terms that are left. */
export const sum: Pass = { name: 'sum', constants: { NORMALIZE: 0 } };

/** The same over the sum of their weights; one model alone is taken bit for bit. */
export const mean: Pass = { name: 'mean', constants: { NORMALIZE: 1 } };

/** mergekit's mean, or sum without `normalize`: a vote of 0 elects the positive side, and weights next to 0 divide by 1. */
export const mergekitMean: Pass = { name: 'mean(normalize)', constants: { MERGEKIT: 1 } };

/** The term of largest size, the earlier model's of equal ones. */
export const largest: Pass = { name: 'largest', constants: { CHOOSE: 1, NORMALIZE: 0 } };

/** From θ_pre towards θ by min(1, t / |τ|). */
export const near: Pass = {
  name: 'near(t)',
  constants: { NEAR: 1 },
  factor: ({ t = 0 }) => t,
};

/** Times λ. */
export const scale: Pass = { name: 'scale(λ)', scales: true };
