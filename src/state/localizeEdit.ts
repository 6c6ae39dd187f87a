import { canonicalJson } from '../canonicalJson.ts';
import {
  defaultLocalize,
  type LocalizeSettings,
  type MetricName,
  type Recipe,
  type RecipeModel,
  type TaskData,
} from '../recipe/recipe.ts';
import type { LocalizerInfo, LocalizedMask } from '../api/localizing.ts';
import type { MethodInfo } from '../api/methods.ts';
import { editModels, valueFor, withoutMask } from './recipeEdit.ts';

export const localizeOf = ({ localize }: Recipe): LocalizeSettings => localize ?? defaultLocalize;

export const withTraining = ({ models }: Pick<Recipe, 'models'>): RecipeModel[] =>
  models.filter(({ data }) => data?.train !== undefined);

export const withTest = ({ models }: Pick<Recipe, 'models'>): RecipeModel[] =>
  models.filter(({ data }) => data?.test !== undefined);

/** The recipe with something to measure on its test data: what it asks for, else the metric of each task. */
export function withMetrics(recipe: Recipe): Recipe {
  if (recipe.evaluate?.length) return recipe;
  const evaluate = [...new Set(withTest(recipe).map(({ data }) => metricOf(data ?? {})))];
  return { ...recipe, evaluate };
}

/** Whether a run of this recipe finds masks with data. */
export function localizesWithData(recipe: Recipe | null, method: MethodInfo | null): boolean {
  return recipe !== null && method?.learnsMasks === true && withTraining(recipe).length > 0;
}

/** The metric of a task that names none. */
export function metricOf(data: TaskData): MetricName {
  if (data.kind === 'next_token' || data.kind === 'answers') return 'perplexity';
  const byShare = !data.scoring && !data.normalize && data.template !== 'copa';
  return data.kind === 'choices' && byShare ? 'mc2' : 'accuracy';
}

/** Gives a model its data, and the recipe what data call for: how to localize, and what to measure. */
export function setData(
  recipe: Recipe,
  model: string,
  data: TaskData,
  metric: MetricName = metricOf(data),
): Recipe {
  const evaluate = recipe.evaluate ?? [];
  return {
    ...editModels(recipe, (each) => ({ ...withoutMask(each), data }), model),
    localize: localizeOf(recipe),
    ...(data.test !== undefined &&
      !evaluate.includes(metric) && { evaluate: [...evaluate, metric] }),
  };
}

/** Takes a model's data away; what only data call for goes with the last of them. */
export function removeData(recipe: Recipe, model: string): Recipe {
  const bare = ({ mask: _mask, data: _data, ...rest }: RecipeModel) => rest;
  const { localize, evaluate, ...next } = editModels(recipe, bare, model);
  return {
    ...next,
    ...(localize && next.models.some(({ data }) => data) && { localize }),
    ...(evaluate && withTest(next).length > 0 && { evaluate }),
  };
}

/** Changes how masks are found; a setting of undefined goes back to the localizer's own. */
export function setLocalize(recipe: Recipe, patch: Partial<LocalizeSettings>): Recipe {
  const settings = Object.entries({ ...localizeOf(recipe), ...patch });
  const given = settings.filter(([, value]) => value !== undefined);
  return { ...recipe, localize: Object.fromEntries(given) as typeof defaultLocalize };
}

/** Chooses a localizer; numbers set for another one go back to this one's own. */
export function choosePreset(recipe: Recipe, preset: string): Recipe {
  const { budget, shots, seed } = localizeOf(recipe);
  return { ...recipe, localize: { preset, budget, shots, seed } };
}

export function toggleMetric(recipe: Recipe, metric: MetricName, measured: boolean): Recipe {
  const { evaluate = [], ...rest } = recipe;
  const kept = evaluate.filter((each) => each !== metric);
  const next = measured ? [...kept, metric] : kept;
  return next.length ? { ...rest, evaluate: next } : rest;
}

/** Why a localizer cannot be chosen, null when it can: one that needs all tasks at once needs data of each. */
export function localizerBlocked(recipe: Recipe, { needs }: LocalizerInfo): string | null {
  if (needs !== 'data of every task') return null;
  const bare = recipe.models.filter(({ data }) => data?.train === undefined);
  const [first] = bare;
  if (recipe.models.length < 2) return 'Needs two models or more.';
  if (!first) return null;
  return bare.length === 1
    ? `Needs training data for ${first.model} too.`
    : `Needs training data for ${bare.length} more models.`;
}

/** A mask by its content id, and whose it is. */
export type FoundMask = Pick<LocalizedMask, 'model' | 'mask'>;

/** The recipe with masks found earlier, to be used as they are. */
export function keepMasks(recipe: Recipe, masks: readonly FoundMask[]): Recipe {
  return editModels(recipe, (each) => {
    const mask = each.mask ?? masks.findLast(({ model }) => model === each.model)?.mask;
    return mask === undefined ? each : { ...each, mask };
  });
}

/** The recipe with every mask to be found anew. */
export function dropMasks(recipe: Recipe): Recipe {
  return editModels(recipe, withoutMask);
}

/** Everything a model's mask depends on, as text; masks of a joint localizer depend on all models. */
function maskQuestion(recipe: Recipe, method: MethodInfo, model: string, joint: boolean): string {
  const of = recipe.models.filter((each) => each.model === model || joint);
  const own = of.map((each) => {
    const { train, test: _, ...reading } = each.data ?? {};
    return [each.model, train, reading, valueFor(recipe, method, 'density', each.model)];
  });
  return canonicalJson([recipe.base_model, recipe.scope ?? null, localizeOf(recipe), own]);
}

/** How a model's mask stands: held in the recipe, found by a run of the past, to be found; null where it is not one of data. */
export function maskStatus(
  recipe: Recipe | null,
  method: MethodInfo | null,
  localizer: LocalizerInfo | null,
  model: string,
  past: readonly Recipe[],
): 'mask kept' | 'localized' | 'not yet' | null {
  const entry = recipe?.models.find((each) => each.model === model);
  if (!recipe || !method?.learnsMasks || !entry) return null;
  if (entry.mask !== undefined) return 'mask kept';
  if (entry.data?.train === undefined) return null;
  const joint = localizer?.needs === 'data of every task';
  const question = maskQuestion(recipe, method, model, joint);
  const found = past.some(
    (each) =>
      each.merge_method === recipe.merge_method &&
      each.models.some((other) => other.model === model && other.data?.train !== undefined) &&
      maskQuestion(each, method, model, joint) === question,
  );
  return found ? 'localized' : 'not yet';
}
