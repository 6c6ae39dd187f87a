import type { ValuedRecipe } from '../recipe/sweep.ts';
import type { RunResult, Score } from './results.ts';

/** What a way to merge came to, on all test examples. */
export interface Compared {
  scores: readonly Score[];
  parameters: RunResult['parameters'];
  seconds: RunResult['seconds'];
  result: RunResult;
  /** The recipe chosen, and the mean training score at each value that was tried; null where nothing was tuned. */
  tuning: (ValuedRecipe & { tried: readonly Tried[] }) | null;
}

export interface Tried {
  values: ValuedRecipe['values'];
  mean: number;
}
