import type { CheckpointSummary } from '../api/checkpoints.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { Library } from './library.svelte.ts';

/** One row of the merge view: a fine-tuned checkpoint, or a name in the recipe that the library lacks. */
export interface Lane {
  reference: string;
  checkpoint: CheckpointSummary | null;
  slot: number;
  included: boolean;
}

/** The rows of a recipe: all of the library that fits its base, in its order, then what it lacks. */
export function lanesOf(recipe: Recipe, library: Library): Lane[] {
  const base = library.find(recipe.base_model);
  const references = new Map(recipe.models.map(({ model }) => [library.find(model)?.id, model]));
  const family = library.families.find((each) =>
    [each.base, ...each.members].some((member) => member?.id === base?.id),
  );
  const fits = new Set([family?.base, ...(family?.members ?? [])].map((each) => each?.id));
  const known = library.checkpoints
    .filter(({ id }) => (fits.has(id) && id !== base?.id) || references.has(id))
    .map((checkpoint, i) => ({
      reference: references.get(checkpoint.id) ?? library.reference(checkpoint),
      checkpoint,
      slot: library.slot(checkpoint.id) ?? i,
      included: references.has(checkpoint.id),
    }));
  const unknown = recipe.models
    .filter(({ model }) => !library.find(model))
    .map(({ model }, i) => ({
      reference: model,
      checkpoint: null,
      slot: known.length + i,
      included: true,
    }));
  return [...known, ...unknown];
}
