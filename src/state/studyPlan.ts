import type { Recipe } from '../recipe/recipe.ts';
import type { LocalizerInfo } from '../api/localizing.ts';
import type { RunResult, Score } from '../api/results.ts';
import type { MethodInfo } from '../api/methods.ts';
import {
  choosePreset,
  dropMasks,
  localizeOf,
  localizerBlocked,
  withMetrics,
  withTraining,
} from './localizeEdit.ts';
import { setForAll, valueFor } from './recipeEdit.ts';

/** What a study varies: the share of the scope in each mask, the examples per class, or how many of the tasks are stitched. */
export type Varied = 'density' | 'shots' | 'tasks';

/** One measurement of a study: a localizer at a density (0 … 1), a number of examples per class, or of tasks. */
export interface Variant {
  vary: Varied;
  preset: string;
  value: number;
}

export interface StudyPoint extends Variant {
  scores: readonly Score[];
  /** Positions that masks share, row-major n × n, as in a run's result. */
  intersections?: readonly number[];
}

export interface StudyFailure extends Variant {
  why: string;
}

/** The densities of He et al. 2025, Figs 2 and 6, in percent, and the shots of their Fig. 7 up to the usual 64. */
export const usualValues: Record<Exclude<Varied, 'tasks'>, readonly number[]> = {
  density: [0.5, 1, 2, 5, 10, 20, 40],
  shots: [8, 16, 32, 64],
};

const mostValues = 24;
const mostShots = 1_000_000;
const asked: Record<Varied, string> = {
  density: 'Give a density.',
  shots: 'Give a number of examples.',
  tasks: 'Give a number of tasks.',
};

/** Values as typed, ascending and each once, densities as shares; or what is wrong with them in one sentence. */
export function parseValues(vary: Varied, text: string, tasks = Infinity): number[] | string {
  const words = text
    .replaceAll(/\s*%/g, ' ')
    .split(/[\s,;]+/)
    .filter(Boolean);
  if (!words.length) return asked[vary];
  const numbers: number[] = [];
  for (const word of words) {
    const value = Number(word);
    const wrong = badValue(vary, value, tasks);
    if (wrong) return `“${word}” is ${wrong}.`;
    numbers.push(vary === 'density' ? Number((value / 100).toPrecision(12)) : value);
  }
  const values = [...new Set(numbers)].sort((a, b) => a - b);
  return values.length > mostValues ? `Give at most ${mostValues} values.` : values;
}

function badValue(vary: Varied, value: number, tasks: number): string {
  if (vary === 'density')
    return value > 0 && value <= 100 ? '' : 'no density: it must be more than 0 and at most 100 %';
  const most = vary === 'shots' ? mostShots : tasks;
  if (Number.isInteger(value) && value > 0 && value <= most) return '';
  return vary === 'shots'
    ? 'no number of examples: it must be a whole number from 1'
    : `no number of tasks: it must be a whole number from 1 to ${tasks}`;
}

/** Why a study cannot use a localizer on a recipe, null when it can. */
export function studyBlocked(recipe: Recipe, localizer: LocalizerInfo): string | null {
  if (localizer.needs === 'nothing') return null;
  return withTraining(recipe).length
    ? localizerBlocked(recipe, localizer)
    : 'Needs training data for a model.';
}

/** Why more or fewer examples cannot change a recipe's masks, null when they can. */
export function shotsBlocked(recipe: Recipe, localizers: readonly LocalizerInfo[]): string | null {
  const own = localizers.find(({ id }) => id === localizeOf(recipe).preset);
  if (!own) return null;
  if (own.needs === 'nothing') return `“${own.label}” looks at no examples.`;
  return studyBlocked(recipe, own);
}

/** The localizers proposed: the recipe's own, then those that need no data as what it has to beat. */
export function usualPresets(recipe: Recipe, localizers: readonly LocalizerInfo[]): string[] {
  const own = localizeOf(recipe).preset;
  return localizers
    .filter((each) => (each.id === own || each.needs === 'nothing') && !studyBlocked(recipe, each))
    .map(({ id }) => id);
}

/** Variants value by value, so that every line of the figure grows from the left. */
export function variantsOf(
  vary: Varied,
  presets: readonly string[],
  values: readonly number[],
): Variant[] {
  return values.flatMap((value) => presets.map((preset) => ({ vary, preset, value })));
}

export const sameVariant = (a: Variant, b: Variant) =>
  a.vary === b.vary && a.preset === b.preset && a.value === b.value;

/** The recipe that measures a variant: its masks are found anew, densities hold exactly, numbers of another localizer go. */
export function variantRecipe(recipe: Recipe, { vary, preset, value }: Variant): Recipe {
  const chosen = localizeOf(recipe).preset === preset ? recipe : choosePreset(recipe, preset);
  const fresh = withMetrics(dropMasks(chosen));
  const localize = localizeOf(chosen);
  if (vary === 'tasks') return { ...fresh, models: fresh.models.slice(0, value) };
  return vary === 'density'
    ? setForAll({ ...fresh, localize: { ...localize, budget: 'exact' } }, 'density', value)
    : { ...fresh, localize: { ...localize, shots: value } };
}

/** What a finished run has measured already: a point of its own study; null where it is none of its variants. */
export function ownPoint(
  { recipe }: { recipe: Recipe },
  { scores, intersections }: Pick<RunResult, 'scores'> & Partial<Pick<RunResult, 'intersections'>>,
  method: MethodInfo,
  vary: Varied,
): StudyPoint | null {
  const { preset, budget, shots } = localizeOf(recipe);
  if (!scores.length || recipe.models.some(({ mask }) => mask !== undefined)) return null;
  const measured = { vary, preset, scores, ...(intersections && { intersections }) };
  if (vary === 'shots') return shots === 'all' ? null : { ...measured, value: shots };
  if (vary === 'tasks') return { ...measured, value: recipe.models.length };
  const densities = recipe.models.map(({ model }) => valueFor(recipe, method, 'density', model));
  const [value] = densities;
  if (typeof value !== 'number' || !(value > 0) || budget !== 'exact') return null;
  return densities.every((each) => each === value) ? { ...measured, value } : null;
}

/** Seconds that variants will take, by what a run took: only masks found with data take its time to localize. */
export function studySeconds(
  variants: readonly Variant[],
  localizers: readonly LocalizerInfo[],
  { seconds, localized }: Pick<RunResult, 'seconds' | 'localized'>,
): number {
  const searching = localized.reduce((sum, mask) => sum + mask.seconds, 0);
  const dataless = localizers.filter(({ needs }) => needs === 'nothing').map(({ id }) => id);
  const searches = variants.filter(({ preset }) => !dataless.includes(preset));
  return variants.length * (seconds.merge + seconds.evaluate) + searches.length * searching;
}
