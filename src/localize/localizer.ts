import type { LocalizerFace } from '../api/localizing.ts';

/** How mask logits S are optimised by plain SGD; γ = σ(S), or γ₀ + (1 − 2γ₀)·σ(S) for `flips`. */
export interface LogitForm {
  kind: 'logits';
  /** Where S starts: on the share of largest |τ| (the recipe's density, or a fixed one), and elsewhere. */
  start: { on: number; off: number; share: 'density' | number };
  /** Grafting's form: S is U[0, 1) − 10, and γ₀ the start's positions. */
  flips?: true;
  /** After each batch, or after each epoch by the mean or the sum over its batches. */
  step: 'batch' | 'epoch mean' | 'epoch sum';
  /** `l1`: λ·σ′(S) inside the step; `away`: l1·σ′(S) beside it, not times the rate, up where S > 0 and down elsewhere. */
  regulariser: 'l1' | 'away' | 'none';
  /** The learning rate and λ are factors of 1/q and q, q the 99th percentile of |g⊙τ| at θ_pre + τ/2. */
  scaled?: true;
  /** Take the mask of the epoch with the lowest loss, not the last. */
  keepBest?: true;
}

/** Straight-through optimisation of a rank score S, whose exact top-k is the mask of every forward pass. */
export interface RankForm {
  kind: 'rank';
  /** All tasks at once against their stitched model. */
  joint: boolean;
}

/** A way to find masks: what it is called, what it takes, and how the optimiser does it. */
export interface Localizer extends LocalizerFace {
  /** Without gradients masks go by magnitude, or at random. */
  form: LogitForm | RankForm | { kind: 'magnitude' | 'random' };
  /** Null where there is nothing to set. `l1` is λ, or the factor f where the rate is scaled. */
  defaults: LocalizerDefaults | null;
  /** Where they are others when the examples are images. */
  imageDefaults?: Partial<LocalizerDefaults>;
  /** Raised when the same inputs give another mask, so that older masks are not taken over. */
  revision?: number;
}

export interface LocalizerDefaults {
  epochs: number;
  batchSize: number;
  learningRate: number | null;
  l1: number | null;
}

const title = 'Localize-and-Stitch';
const url = 'https://arxiv.org/abs/2408.13656';

/** He et al. 2025, in which most localizers are described. */
export const stitchPaper = (section: string) => ({ title, url, section });
