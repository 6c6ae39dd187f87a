import type { Recipe } from '../recipe/recipe.ts';
import type { ValuedRecipe } from '../recipe/sweep.ts';
import type { RunResult, Score } from './results.ts';

/** A way to merge that is measured: a recipe, or the best of these. */
export interface Way {
  recipe: Recipe;
  grid: readonly ValuedRecipe[];
}

/** What a way to merge came to, on all test examples. */
export interface Outcome {
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
