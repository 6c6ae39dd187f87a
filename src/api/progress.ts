import type { LocalizeLive } from './localizing.ts';

export interface Progress {
  /** Short stage name on screen: "Reading", "Localizing", "Merging". */
  stage: string;
  /** What `done` and `total` count. */
  unit: 'bytes' | 'steps';
  done: number;
  total: number;
  /** Units; 0 until it can be told. */
  perSecond: number;
  /** null until it can be told. */
  secondsLeft: number | null;
  /** Tensor or file at work. */
  detail: string;
  /** While localizing with data: how the optimisation goes. */
  live?: LocalizeLive;
}

/** Takes how far work is, as it goes. */
export type OnProgress = (progress: Progress) => void;
