import type { Paper } from './methods.ts';

/** The optimisation of masks, as it goes. */
export interface LocalizeLive {
  /** Names of the models whose masks are at work: one, or all for `joint`. */
  models: string[];
  epoch: number;
  epochs: number;
  step: number;
  steps: number;
  /** Loss of each step so far; of equally spaced ones when there are more than 200. */
  losses: number[];
  /** Share of the last epoch's examples that were told right, null before the first is over or without labels. */
  accuracy: number | null;
  /** Share of positions with σ(S) > ½, or the budget where a localizer keeps it exactly. */
  density: number;
  /** Positions by σ(S) in 20 equal bins from 0 to 1, over all masks at work. */
  histogram: number[];
  secondsPerStep: number;
  paused: boolean;
  /** Plain sentences, e.g. that the mask empties, or that blocks stream because the GPU is too small. */
  notes: string[];
}

/** What people see of a localizer. */
export interface LocalizerFace {
  label: string;
  /** One plain line. */
  summary: string;
  paper: Paper | null;
}

/** A localizer as the page knows it. */
export interface LocalizerInfo extends LocalizerFace {
  id: string;
  /** Whether it needs data, and whether of all tasks at once. */
  needs: 'nothing' | 'data' | 'data of every task';
  defaults: LocalizerNumbers | null;
  /** Its defaults when the examples are images. */
  imageDefaults: LocalizerNumbers | null;
}

/** By the names of recipes; null where a localizer has no such number. */
export interface LocalizerNumbers {
  epochs: number;
  batch_size: number;
  learning_rate: number | null;
  l1: number | null;
}

/** How one model's mask was found with data. */
export interface LocalizedMask {
  model: string;
  /** Content id of the mask's inputs and settings. */
  mask: string;
  preset: string;
  /** Share of the scope. */
  density: number;
  seconds: number;
  steps: number;
  losses: number[];
  /** Found in storage. */
  reused: boolean;
}
