import type { Recipe } from '../recipe/recipe.ts';
import type { SweptRecipe, ValuedRecipe } from '../recipe/sweep.ts';
import type { LocalizerInfo } from '../api/localizing.ts';
import { formatPlural } from '../ui/format.ts';
import type { MethodInfo, ParameterInfo } from '../api/methods.ts';
import { choosePreset, dropMasks, localizeOf, withMetrics, withTraining } from './localizeEdit.ts';
import { editModels, setForAll } from './recipeEdit.ts';
import { studyBlocked } from './studyPlan.ts';

/** What a way to merge goes by: weights alone, or masks or weights that it finds with data, far slower than a merge. */
export type Kind = 'weights' | 'masks' | 'learned';

const kinds: readonly Kind[] = ['weights', 'learned', 'masks'];

/** A way to merge the models of a recipe, to be measured beside others. */
export interface Contender {
  /** Id of the method, with that of the localizer behind a slash. */
  id: string;
  label: string;
  summary: string;
  recipe: Recipe;
  /** Why it cannot merge these models, null when it can. */
  blocked: string | null;
  kind: Kind;
  /** Its recipe at each value that tuning tries; none where there is nothing to tune. */
  grid: readonly ValuedRecipe[];
}

/** Every method, and every localizer of those that localize, on the models of a recipe, by kind. */
export function contendersOf(
  recipe: Recipe,
  methods: readonly MethodInfo[],
  localizers: readonly LocalizerInfo[],
): Contender[] {
  const all = methods.flatMap((method) => {
    const start = withMetrics(
      method.id === recipe.merge_method ? recipe : byDefault(recipe, method),
    );
    return method.learnsMasks
      ? localizers.map((localizer) => localized(start, method, localizer))
      : [plain(start, method)];
  });
  return kinds.flatMap((each) => all.filter(({ kind }) => kind === each));
}

/** The recipe's models and data by another method with its default parameters. */
function byDefault(
  { parameters: _, density_of: _of, ...recipe }: Recipe,
  { id }: MethodInfo,
): Recipe {
  const models = recipe.models.map(({ model, data }) => ({ model, ...(data && { data }) }));
  return { ...recipe, merge_method: id, models };
}

function plain(recipe: Recipe, method: MethodInfo): Contender {
  const { id, label, summary, parameters } = method;
  return {
    id,
    label,
    summary,
    recipe,
    kind: learnsOf(method),
    blocked: methodBlocked(recipe, method),
    grid: gridOf(recipe, parameters),
  };
}

function localized(recipe: Recipe, method: MethodInfo, localizer: LocalizerInfo): Contender {
  const own = localizeOf(recipe).preset === localizer.id;
  return {
    id: `${method.id}/${localizer.id}`,
    label: `${method.label}, ${localizer.label.toLowerCase()}`,
    summary: localizer.summary,
    recipe: own ? recipe : choosePreset(dropMasks(recipe), localizer.id),
    blocked: wrongCount(recipe, method) ?? studyBlocked(recipe, localizer),
    kind: localizer.needs === 'nothing' ? 'weights' : 'masks',
    grid: [],
  };
}

const learnsOf = ({ needs }: MethodInfo): Kind => (needs ? 'learned' : 'weights');

function methodBlocked(recipe: Recipe, method: MethodInfo): string | null {
  const untaught = method.needs !== null && withTraining(recipe).length < recipe.models.length;
  return wrongCount(recipe, method) ?? (untaught ? 'Needs training data for every model.' : null);
}

function wrongCount({ models }: Recipe, { models: takes }: MethodInfo): string | null {
  if (!takes) return null;
  const [least, most] = takes;
  if (models.length >= least && models.length <= most) return null;
  return `Takes ${least === most ? 'exactly' : 'at least'} ${formatPlural(least, 'model')}; there are ${models.length}.`;
}

/** The recipes that a recipe stands for, each by its name. */
export function sweepContenders(
  variants: readonly SweptRecipe[],
  methods: readonly MethodInfo[],
  localizers: readonly LocalizerInfo[],
): Contender[] {
  return variants.map(({ name, recipe }) => {
    const method = methods.find(({ id }) => id === recipe.merge_method);
    const localizer = localizers.find(({ id }) => id === localizeOf(recipe).preset);
    const localizes = method?.learnsMasks === true && localizer !== undefined;
    const searches = localizes && localizer.needs !== 'nothing' && withTraining(recipe).length > 0;
    return {
      id: name,
      label: name,
      summary: '',
      recipe: withMetrics(recipe),
      grid: [],
      blocked:
        (method ? methodBlocked(recipe, method) : null) ??
        (localizes ? studyBlocked(recipe, localizer) : null),
      kind: searches ? 'masks' : method ? learnsOf(method) : 'weights',
    };
  });
}

/** Why nothing can be tuned, null when it can. */
export function tuningBlocked(recipe: Recipe): string | null {
  const without = recipe.models.length - withTraining(recipe).length;
  return without ? 'Tuning needs training data for every model.' : null;
}

/** The recipe at each value of the grid, its models weighted alike where λ scales their sum and it gives them no weights. */
function gridOf(recipe: Recipe, parameters: readonly ParameterInfo[]): ValuedRecipe[] {
  const info = parameters.find(({ grid }) => grid);
  if (!info?.grid) return [];
  const { name, grid } = info;
  const weighs = parameters.some((each) => each.name === 'weight');
  const given = [recipe, ...recipe.models].some((each) => each.parameters?.weight !== undefined);
  const alike = name === 'lambda' && weighs && !given ? setForAll(recipe, 'weight', 1) : recipe;
  return grid.map((value) => ({
    values: { [`parameters.${name}`]: value },
    recipe: setForAll(alike, name, value),
  }));
}

/** The recipe measured on training in place of test examples. */
export function onTraining(recipe: Recipe): Recipe {
  return editModels(recipe, (each) => {
    const { data } = each;
    return data?.train === undefined ? each : { ...each, data: { ...data, test: data.train } };
  });
}
