import { parametersOf } from '../merge/plan.ts';
import type { Method } from '../merge/method.ts';
import { writtenSetting } from '../recipe/formatRecipe.ts';
import { parameterRules, type Parameters } from '../recipe/parameters.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { yamlText } from '../recipe/yamlText.ts';
import { isMergeable, type DType } from '../tensor/dtype.ts';

/** mergekit_config.yml, or the plain reason why there is none. */
export type MergekitConfig = { text: string } | { reason: string };

const namesNote =
  'Names are those of checkpoints in the library: put paths or names on the Hub in their place.';
const notSame = 'NOT THE SAME RESULT:';
const trimNote = `${notSame} mergekit trims to the density in each tensor, Stitchwork once over all tensors together.`;
const electNote =
  'Where signs balance out, mergekit takes the positive side, and Stitchwork keeps the base.';
const drawNote = `${notSame} mergekit draws other changes to drop.`;
const growNote = `${notSame} mergekit scales up what is kept to the sum of sizes of all changes in a tensor, Stitchwork by 1 / density.`;

/** Where results differ whatever the parameters. */
const methodNotes = new Map<string, string>(
  Object.entries({
    linear:
      'linear takes no base: mergekit copies configuration and tokenizer from the first model.',
    slerp: 'Where models are nearly parallel (cosine above 0.9995) mergekit goes straight.',
    karcher:
      'karcher takes no base: mergekit copies configuration and tokenizer from the first model.',
    passthrough: 'mergekit copies configuration and tokenizer from the model.',
    model_stock:
      'Where task vectors point away from each other, mergekit goes beyond the base, and Stitchwork stays there.',
  }),
);

/**
 * A recipe as mergekit's configuration; `baseDtypes` are the base's dtypes, most weights first, `patches` the models that
 * are no whole checkpoints. A recipe under `compat` has no notes on results: they are mergekit's own.
 */
export function mergekitConfig(
  recipe: Recipe,
  method: Method,
  baseDtypes: readonly DType[],
  patches: readonly string[] = [],
): MergekitConfig {
  if (!method.mergekit) return { reason: `mergekit has no method ${recipe.merge_method}` };
  if ((recipe.scope ?? method.defaultScope) !== 'all')
    return { reason: 'mergekit merges every tensor, and this recipe’s scope leaves some out' };
  if (patches.length > 0) return { reason: `mergekit opens no patches (${patches.join(', ')})` };
  const out = outputDtype(recipe, baseDtypes);
  if (recipe.compat) {
    const draws = method.parameters.some(({ name }) => name === 'seed') ? [drawNote] : [];
    return {
      text: yamlText(compatContent(recipe, out.dtype), [namesNote, ...draws, ...out.notes]),
    };
  }
  const parameters = parametersOf(recipe, method);
  const refused = refusalOf(recipe, method, parameters);
  if (refused) return { reason: refused };
  const notes = [namesNote, ...notesOn(recipe, method, parameters), ...out.notes];
  return { text: yamlText(contentOf(recipe, method, parameters, out.dtype), notes) };
}

/** What mergekit's method of this name cannot be told, or null. */
function refusalOf(
  { merge_method }: Recipe,
  method: Method,
  parameters: readonly Parameters[],
): string | null {
  const taken = new Set(method.mergekit?.parameters.map(({ name }) => name));
  const told = (name: keyof Parameters) =>
    new Set(parameters.map((own) => own[name])).size <= 1 && !method.filters?.length;
  if (
    method.parameters.some(({ name }) => name === 'weight') &&
    !taken.has('weight') &&
    !told('weight')
  )
    return `mergekit’s ${merge_method} gives every model the same weight`;
  return null;
}

/** What differs in mergekit with these parameters. */
function notesOn(
  { merge_method }: Recipe,
  method: Method,
  parameters: readonly Parameters[],
): string[] {
  const some = (holds: (own: Parameters) => boolean) => parameters.some(holds);
  const has = (name: string) => method.parameters.some((each) => each.name === name);
  const sparse = some(({ density = 1 }) => density < 1);
  const grows =
    has('rescale_l1') && parameters[0]?.rescale !== 0 && parameters[0]?.rescale_l1 === 0;
  const { ELECT = 0, MERGEKIT = 0 } = method.constants;
  return [
    ...(method.mask === 'density' && (sparse || has('gamma')) ? [trimNote] : []),
    ...(has('seed') && sparse ? [drawNote] : []),
    ...(sparse && grows ? [growNote] : []),
    ...(ELECT && !MERGEKIT ? [electNote] : []),
    ...[methodNotes.get(merge_method) ?? []].flat(),
  ];
}

/** Every parameter that both have, by model and as a whole, and those of mergekit alone as the method is here. */
function contentOf(
  recipe: Recipe,
  method: Method,
  parameters: readonly Parameters[],
  outDtype: string,
) {
  const { base = 'apart', parameters: taken = [] } = method.mergekit ?? {};
  const valued = (own: Parameters | undefined, per: 'model' | 'merge') =>
    taken.flatMap(({ name }) => {
      const { per: whose, kind } = parameterRules[name];
      const value = own?.[name];
      if (whose !== per || value === undefined || name === 'seed') return [];
      return [[name, kind === 'flag' ? value !== 0 : value] as const];
    });
  const { DELTA = 0, NORMALIZE = 1 } = method.constants;
  const theirs = taken.find(({ name }) => name === 'normalize')?.default;
  const differs = DELTA === 1 && theirs !== undefined && theirs !== NORMALIZE;
  const whole = Object.fromEntries([
    ...valued(parameters[0], 'merge'),
    ...(differs ? [['normalize', NORMALIZE !== 0] as const] : []),
  ]);
  const [first] = recipe.models;
  const named = recipe.merge_method === 'slerp' ? first?.model : recipe.base_model;
  return {
    merge_method: recipe.merge_method,
    ...((base !== 'model' || recipe.merge_method === 'slerp') && { base_model: named }),
    models: recipe.models.map(({ model }, m) => {
      const own = valued(parameters[m], 'model');
      return { model, ...(own.length && { parameters: Object.fromEntries(own) }) };
    }),
    ...(Object.keys(whole).length && { parameters: whole }),
    dtype: recipe.dtype,
    out_dtype: outDtype,
  };
}

/** A recipe under `compat` as mergekit reads it. */
function compatContent(recipe: Recipe, outDtype: string) {
  const written = (settings: Recipe['parameters']) => {
    const entries = Object.entries(settings ?? {}).filter(([name]) => name !== 'seed');
    const kept = entries.map(([name, value]) => {
      const { kind } = parameterRules[name as keyof typeof parameterRules];
      return [name, writtenSetting(value, kind === 'flag')] as const;
    });
    return kept.length ? { parameters: Object.fromEntries(kept) } : {};
  };
  const { tokenizer_source, chat_template } = recipe;
  const alone = recipe.models.some(({ model }) => model === recipe.base_model);
  return {
    merge_method: recipe.merge_method,
    ...((!alone || recipe.merge_method === 'slerp') && { base_model: recipe.base_model }),
    models: recipe.models.map(({ model, parameters }) => ({ model, ...written(parameters) })),
    ...written(recipe.parameters),
    dtype: recipe.dtype,
    out_dtype: outDtype,
    ...(tokenizer_source !== undefined && { tokenizer_source }),
    ...(chat_template !== undefined && { chat_template }),
  };
}

const mergekitDtypes: Partial<Record<DType, string>> = {
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
};

/** mergekit writes one dtype, Stitchwork may keep the base's, tensor by tensor. */
function outputDtype(
  { out_dtype, dtype }: Recipe,
  baseDtypes: readonly DType[],
): { dtype: string; notes: string[] } {
  if (out_dtype !== 'base') return { dtype: out_dtype, notes: [] };
  const merging = baseDtypes.filter(isMergeable);
  const [first, ...others] = merging;
  const found = first && mergekitDtypes[first];
  const same = first === undefined || (found && others.length === 0);
  const note = `Stitchwork kept the base’s dtypes (${merging.join(', ')}); mergekit writes all in one.`;
  return { dtype: found ?? dtype, notes: same ? [] : [note] };
}
