import { Document, isMap, isSeq, visit } from 'yaml';
import { parameterNames, parameterRules, type Settings } from './parameters.ts';
import { localizeKeys } from './parseLocalize.ts';
import { scopeKeys } from './parseScope.ts';
import { columnKeys, dataKeys, demonstrationKeys } from './parseTaskData.ts';
import { variationKeys } from './parseVariations.ts';
import type { Recipe, Sweep, TaskData } from './recipe.ts';
import type { Setting } from './setting.ts';

/** Fields of data that are written on one line. */
const shortData = ['columns', 'label_words', 'labels', 'prompts', 'demonstrations'] as const;

/** A recipe as YAML in mergekit's vocabulary, keys in one fixed order; `parseRecipe` gives the same recipe back. */
export function formatRecipe(recipe: Recipe): string {
  const { parameters, localize, scope, sweep } = recipe;
  // What is undefined is not written.
  const content = {
    merge_method: recipe.merge_method,
    compat: recipe.compat,
    base_model: isImplied(recipe) ? undefined : recipe.base_model,
    models: recipe.models.map(({ model, parameters, data, mask }) => ({
      model,
      parameters: parameters && orderParameters(parameters),
      data: data && orderData(data),
      mask,
    })),
    parameters: parameters && orderParameters(parameters),
    localize: localize && inOrder(localize, localizeKeys),
    evaluate: recipe.evaluate,
    scope: typeof scope === 'object' ? inOrder(scope, scopeKeys) : scope,
    density_of: recipe.density_of,
    rows: recipe.rows,
    dtype: recipe.dtype,
    out_dtype: recipe.out_dtype,
    tokenizer_source: recipe.tokenizer_source,
    chat_template: recipe.chat_template,
    general: recipe.general?.map(({ name, data }) => ({ name, data: orderData(data) })),
    compare: recipe.compare?.map((each) =>
      inOrder(
        { ...each, parameters: each.parameters && orderParameters(each.parameters) },
        variationKeys,
      ),
    ),
    sweep: sweep && orderSweep(sweep),
    tables: recipe.tables,
  };
  const document = new Document(content, { compat: 'yaml-1.1' });
  const short = [
    ...recipe.models.flatMap((_, i) => [
      ['models', i, 'parameters'],
      ...shortData.map((key) => ['models', i, 'data', key]),
    ]),
    ['parameters'],
    ['localize'],
    ['evaluate'],
    ['scope'],
    ['tables'],
    ...(recipe.general ?? []).flatMap((_, i) =>
      shortData.map((key) => ['general', i, 'data', key]),
    ),
    ...(recipe.compare ?? []).flatMap((_, i) =>
      ['parameters', 'localize', 'scope', 'models', 'paper'].map((key) => ['compare', i, key]),
    ),
    ...Object.keys(recipe.sweep ?? {}).map((path) => ['sweep', path]),
  ];
  for (const path of short) {
    const node = document.getIn(path, true);
    if (isMap(node) || isSeq(node)) node.flow = true;
  }
  // Plain style breaks a text of several lines that begins with "?".
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'string' && node.value.includes('\n')) node.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** Whether the base is but the first of the models; mergekit's SLERP wants it named all the same. */
function isImplied({ compat, merge_method, base_model, models }: Recipe): boolean {
  return compat !== undefined && merge_method !== 'slerp' && models[0]?.model === base_model;
}

/** An object with its keys in this order. */
function inOrder<T extends object>(value: T, keys: readonly (keyof T & string)[]) {
  return Object.fromEntries(keys.map((key) => [key, value[key]]));
}

function orderParameters(parameters: Settings) {
  const written = parameterNames.map((name) => {
    const value = parameters[name];
    const isFlag = parameterRules[name].kind === 'flag';
    return [name, value === undefined ? value : writtenSetting(value, isFlag)];
  });
  return Object.fromEntries(written) as Record<string, unknown>;
}

function orderData({ columns, demonstrations, ...data }: TaskData) {
  const ordered = {
    ...data,
    columns: columns && inOrder(columns, columnKeys),
    demonstrations: demonstrations && inOrder(demonstrations, demonstrationKeys),
  };
  return inOrder(ordered, dataKeys);
}

/** A setting with its flags as true and false. */
export function writtenSetting(setting: Setting, isFlag: boolean): unknown {
  if (typeof setting === 'number') return isFlag ? setting !== 0 : setting;
  return setting.map((each) =>
    typeof each === 'number' ? each : { ...each, value: writtenSetting(each.value, isFlag) },
  );
}

/** Paths in the order given, flags as true and false. */
function orderSweep(sweep: Sweep): Record<string, (number | string | boolean)[]> {
  const isFlag = (path: string) =>
    parameterNames.some(
      (name) => path === `parameters.${name}` && parameterRules[name].kind === 'flag',
    );
  return Object.fromEntries(
    Object.entries(sweep).map(([path, values]) => [
      path,
      isFlag(path) ? values.map((value) => value !== 0) : values,
    ]),
  );
}
