import type { Recipe } from '../recipe/recipe.ts';
import type { LocalizerInfo } from '../api/localizing.ts';
import type { MethodInfo } from '../api/methods.ts';
import { isLocalized } from './localizeEdit.ts';

/** How a model's mask stands: held in the recipe, found by a run of the past, to be found, or not one of data. */
export type MaskStatus = 'mask kept' | 'localized' | 'not yet' | null;

export function maskStatus(
  recipe: Recipe | null,
  method: MethodInfo | null,
  localizer: LocalizerInfo | null,
  model: string,
  past: readonly Recipe[],
): MaskStatus {
  const entry = recipe?.models.find((each) => each.model === model);
  if (!recipe || !method?.learnsMasks || !entry) return null;
  if (entry.mask !== undefined) return 'mask kept';
  if (entry.data?.train === undefined) return null;
  const joint = localizer?.needs === 'data of every task';
  return isLocalized(recipe, method, model, past, joint) ? 'localized' : 'not yet';
}
