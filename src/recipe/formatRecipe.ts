import { Document, isMap, isSeq, visit } from 'yaml';
import { parameterNames, parameterRules, type Settings } from './parameters.ts';
import type { LocalizeSettings, Recipe, Scope, Sweep, TaskData } from './recipe.ts';
import type { Setting } from './setting.ts';

/** Fields of data that are written on one line. */
const shortData = ['columns', 'label_words', 'labels', 'prompts'] as const;

/** A recipe as YAML in mergekit's vocabulary, keys in one fixed order; `parseRecipe` gives the same recipe back. */
export function formatRecipe(recipe: Recipe): string {
  const content = {
    merge_method: recipe.merge_method,
    ...(recipe.compat && { compat: recipe.compat }),
    ...(!isImplied(recipe) && { base_model: recipe.base_model }),
    models: recipe.models.map(({ model, parameters, data, mask }) => ({
      model,
      ...(parameters && { parameters: orderParameters(parameters) }),
      ...(data && { data: orderData(data) }),
      ...(mask !== undefined && { mask }),
    })),
    ...(recipe.parameters && { parameters: orderParameters(recipe.parameters) }),
    ...(recipe.localize && { localize: orderLocalize(recipe.localize) }),
    ...(recipe.evaluate && { evaluate: recipe.evaluate }),
    ...(recipe.scope !== undefined && { scope: orderScope(recipe.scope) }),
    dtype: recipe.dtype,
    out_dtype: recipe.out_dtype,
    ...(recipe.tokenizer_source !== undefined && { tokenizer_source: recipe.tokenizer_source }),
    ...(recipe.chat_template !== undefined && { chat_template: recipe.chat_template }),
    ...(recipe.sweep && { sweep: orderSweep(recipe.sweep) }),
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

function orderParameters(parameters: Settings): Record<string, unknown> {
  const written = parameterNames.flatMap((name) => {
    const value = parameters[name];
    if (value === undefined) return [];
    return [[name, writtenSetting(value, parameterRules[name].kind === 'flag')] as const];
  });
  return Object.fromEntries(written);
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

function orderData(data: TaskData): TaskData {
  const { train, test, columns, template, label_words, labels } = data;
  const { prompts, head, kind, on_corrupt } = data;
  return {
    ...(train !== undefined && { train }),
    ...(test !== undefined && { test }),
    ...(columns && { columns: orderColumns(columns) }),
    ...(template !== undefined && { template }),
    ...(label_words && { label_words }),
    ...(labels && { labels }),
    ...(prompts && { prompts }),
    ...(head !== undefined && { head }),
    ...(kind && { kind }),
    ...(on_corrupt && { on_corrupt }),
  };
}

function orderColumns({ text, text_b, label }: NonNullable<TaskData['columns']>) {
  return {
    ...(text !== undefined && { text }),
    ...(text_b !== undefined && { text_b }),
    ...(label !== undefined && { label }),
  };
}

function orderLocalize(settings: LocalizeSettings): LocalizeSettings {
  const { preset, budget, shots, seed, epochs, batch_size, learning_rate, l1 } = settings;
  return {
    ...{ preset, budget, shots, seed },
    ...(epochs !== undefined && { epochs }),
    ...(batch_size !== undefined && { batch_size }),
    ...(learning_rate !== undefined && { learning_rate }),
    ...(l1 !== undefined && { l1 }),
  };
}

function orderScope(scope: Scope): Scope {
  if (typeof scope === 'string') return scope;
  const { include, exclude } = scope;
  return { ...(include && { include }), ...(exclude && { exclude }) };
}
