import type { Recipe, RecipeModel } from '../recipe/recipe.ts';
import type { LocalizedMask } from '../api/localizing.ts';
import type { RunSummary } from '../api/results.ts';
import { keepMasks } from './localizeEdit.ts';
import { includeModel } from './recipeEdit.ts';

/** A finished run as far as its tasks go. */
export type PastRun = Pick<RunSummary, 'id' | 'recipe'>;

/** A task of a merge, or one that a merge of the same kind had. */
export interface FamilyTask {
  model: string;
  included: boolean;
  entry: RecipeModel;
  /** Where its entry comes from. */
  run: string;
  /** The tasks of that run, in its order. */
  order: string[];
}

const mergeKind = ({ base_model, merge_method, scope }: Recipe) =>
  JSON.stringify([base_model, merge_method, scope ?? null]);

/** The tasks of a run and of other runs onto the same base by the same method, the newest first, in one fixed order. */
export function familyTasks(run: PastRun, past: readonly PastRun[]): FamilyTask[] {
  const tasks = new Map<string, FamilyTask>();
  for (const { id, recipe } of [run, ...past]) {
    if (mergeKind(recipe) !== mergeKind(run.recipe)) continue;
    const order = recipe.models.map(({ model }) => model);
    for (const entry of recipe.models)
      if (!tasks.has(entry.model))
        tasks.set(entry.model, {
          model: entry.model,
          included: id === run.id,
          entry,
          run: id,
          order,
        });
  }
  return [...tasks.values()].sort((a, b) => a.model.localeCompare(b.model, 'en'));
}

/**
 * The run's recipe with one task taken out or in. Masks found jointly are kept as they are: those of the run itself, and
 * of the run that the task comes from.
 */
export function toggleTask(
  run: PastRun,
  task: FamilyTask,
  joint: boolean,
  localized: { own: readonly LocalizedMask[]; other: readonly LocalizedMask[] },
): Recipe {
  const own = joint ? keepMasks(run.recipe, localized.own) : run.recipe;
  const next = includeModel(own, task.model, !task.included, task.order, task.entry);
  if (task.included) return next;
  const its = localized.other.filter(({ model }) => model === task.model);
  return joint ? keepMasks(next, its) : next;
}
