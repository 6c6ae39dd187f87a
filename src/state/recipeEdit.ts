import { nativeParameters, type ParameterName, type Settings } from '../recipe/parameters.ts';
import type { DensityOf, Recipe, RecipeModel, Scope } from '../recipe/recipe.ts';
import type { Setting } from '../recipe/setting.ts';
import type { MethodInfo } from '../api/methods.ts';

const preferred = 'localize_and_stitch';

/** The method a new recipe starts with. */
export function defaultMethod(methods: readonly MethodInfo[]): MethodInfo | null {
  return methods.find(({ id }) => id === preferred) ?? methods[0] ?? null;
}

export function newRecipe(method: string, base: string, models: readonly string[]): Recipe {
  return {
    merge_method: method,
    base_model: base,
    models: models.map((model) => ({ model })),
    dtype: 'float32',
    out_dtype: 'base',
  };
}

/** The recipe with its models, or one of them by name, edited. */
export function editModels(
  recipe: Recipe,
  edit: (model: RecipeModel) => RecipeModel,
  only?: string,
): Recipe {
  const models = recipe.models.map((each) =>
    only === undefined || each.model === only ? edit(each) : each,
  );
  return { ...recipe, models };
}

/** The checkpoints that a recipe names, the base first. */
export const checkpointNames = ({ base_model, models }: Recipe): string[] => [
  base_model,
  ...models.map(({ model }) => model),
];

/** A recipe's method, with mergekit's parameters under `compat`; null when there is none. */
export function methodInfoOf(recipe: Recipe, methods: readonly MethodInfo[]): MethodInfo | null {
  const method = methods.find(({ id }) => id === recipe.merge_method) ?? null;
  if (!method?.mergekit || !recipe.compat) return method;
  const { parameters, passes, withoutBase = passes } = method.mergekit;
  const alone = recipe.models.some(({ model }) => model === recipe.base_model);
  return { ...method, parameters, passes: alone ? withoutBase : passes };
}

/** The recipe with another method; what mergekit alone can do is left where the method is none of mergekit's. */
export function withMethod(recipe: Recipe, { id, mergekit }: MethodInfo): Recipe {
  const next = { ...recipe, merge_method: id };
  return recipe.compat && !mergekit ? withoutCompat(next) : next;
}

/** The recipe as Stitchwork does it: no lists and filters, no base among the models. */
export function withoutCompat({
  compat: _compat,
  tokenizer_source: _source,
  chat_template: _template,
  parameters,
  ...recipe
}: Recipe): Recipe {
  const shared = numbersOf(parameters);
  const models = recipe.models.flatMap(({ parameters: given, ...model }) => {
    const own = numbersOf(given);
    return model.model === recipe.base_model ? [] : [{ ...model, ...(own && { parameters: own }) }];
  });
  return { ...recipe, models, ...(shared && { parameters: shared }) };
}

const nativeNames: ReadonlySet<string> = new Set(nativeParameters);

function numbersOf(settings: Settings | undefined): Settings | undefined {
  const kept = Object.entries(settings ?? {}).filter(
    ([name, value]) => typeof value === 'number' && nativeNames.has(name),
  );
  return kept.length ? Object.fromEntries(kept) : undefined;
}

/** A parameter of one model: its own, else the recipe's, else the method's default. */
export function valueFor(
  recipe: Recipe,
  method: MethodInfo,
  name: ParameterName,
  model?: string,
): Setting {
  const own = recipe.models.find((each) => each.model === model)?.parameters?.[name];
  const fallback = method.parameters.find((each) => each.name === name)?.default ?? 0;
  return own ?? recipe.parameters?.[name] ?? fallback;
}

/** Whether a method goes by density. */
export const takesDensity = ({ parameters }: MethodInfo) =>
  parameters.some(({ name }) => name === 'density');

/** Sets what densities are shares of; masks kept from earlier held another count. */
export function setDensityOf(recipe: Recipe, whole: DensityOf): Recipe {
  const { density_of: _, ...rest } = editModels(recipe, withoutMask);
  return whole === 'scope' ? rest : { ...rest, density_of: whole };
}

/** Sets a parameter of one model; another density asks for another mask than one kept from earlier. */
export function setForModel(
  recipe: Recipe,
  model: string,
  name: ParameterName,
  value: number,
): Recipe {
  const edit = (each: RecipeModel) => {
    const kept = name === 'density' ? withoutMask(each) : each;
    return { ...kept, parameters: { ...each.parameters, [name]: value } };
  };
  return editModels(recipe, edit, model);
}

/** Sets a parameter for all models and drops what single models had of it. */
export function setForAll(recipe: Recipe, name: ParameterName, value: number): Recipe {
  const models = recipe.models.map((each) => {
    const { parameters, ...own } = name === 'density' ? withoutMask(each) : each;
    const { [name]: _, ...rest } = parameters ?? {};
    return Object.keys(rest).length ? { ...own, parameters: rest } : own;
  });
  return { ...recipe, models, parameters: { ...recipe.parameters, [name]: value } };
}

/** A model whose mask is to be found anew. */
export function withoutMask({ mask: _, ...model }: RecipeModel): RecipeModel {
  return model;
}

/** Takes a model in, as `entry` says, or out; those in keep the order given by `order`. */
export function includeModel(
  recipe: Recipe,
  model: string,
  included: boolean,
  order: readonly string[],
  entry: RecipeModel = { model },
): Recipe {
  const models = recipe.models.filter((each) => each.model !== model);
  if (!included) return { ...recipe, models };
  const rank = order.indexOf(model);
  const after = models.findIndex((each) => order.indexOf(each.model) > rank);
  return { ...recipe, models: models.toSpliced(after < 0 ? models.length : after, 0, entry) };
}

/** Sets the scope; undefined leaves it to the method. */
export function setScope(recipe: Recipe, scope: Scope | undefined): Recipe {
  const { scope: _, ...rest } = recipe;
  return scope === undefined ? rest : { ...rest, scope };
}

const embeddings = { gpt2: ['*wte.*', '*wpe.*'], other: ['*embed*', '*cls_token'] };

/** Everything but embeddings, by the names that the architecture gives them. */
export function noEmbeddings(architecture: string | null): Scope {
  if (architecture === 'gpt2') return { exclude: embeddings.gpt2 };
  return { exclude: architecture === 'vit' ? embeddings.other : embeddings.other.slice(0, 1) };
}

export function isNoEmbeddings(scope: Scope | undefined): boolean {
  const text = JSON.stringify(scope);
  return ['gpt2', 'vit', null].some((each) => JSON.stringify(noEmbeddings(each)) === text);
}
