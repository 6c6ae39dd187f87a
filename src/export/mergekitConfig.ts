import type { Remark, RemarkKind } from '../api/remarks.ts';
import { asSharesOfScope, type ParameterCounts } from '../recipe/densityOf.ts';
import { parametersOf } from '../merge/plan.ts';
import type { Method } from '../merge/method.ts';
import { writtenSetting } from '../recipe/formatRecipe.ts';
import {
  parameterRules,
  type ParameterName,
  type Parameters,
  type Settings,
} from '../recipe/parameters.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { yamlText } from '../recipe/yamlText.ts';
import { isMergeable, type DType } from '../tensor/dtype.ts';
import { plural } from '../wording.ts';

/** mergekit_config.yml, or the plain reason why there is none. */
export type MergekitConfig = { text: string } | { reason: string };

const namesNote =
  'Names are those of checkpoints in the library: put paths or names on the Hub in their place.';
const notSame = 'NOT THE SAME RESULT:';
const trimNote = `${notSame} mergekit trims to the density in each tensor, Stitchwork once over all tensors together.`;
const electNote =
  'Where signs balance out, mergekit takes the positive side, and Stitchwork keeps the base.';
const drawNote = `${notSame} mergekit draws other changes to drop.`;
const tensorsNote =
  'Tensors that README.md remarks on may come out otherwise in mergekit, or be refused there.';
const growNote = `${notSame} mergekit scales up what is kept to the sum of sizes of all changes in a tensor, Stitchwork by 1 / density.`;

/** Remarks on tensors that only some checkpoints have, or have otherwise. */
const ofTensors: ReadonlySet<RemarkKind> = new Set([
  ...(['missing', 'other shape', 'only there', 'untied', 'rows'] as const),
]);

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
 * are no whole checkpoints, `remarks` what was told of the result, `counts` its parameters. A recipe under `compat` has no notes on results: they are mergekit's own.
 */
export function mergekitConfig(
  recipe: Recipe,
  method: Method,
  baseDtypes: readonly DType[],
  counts: ParameterCounts,
  patches: readonly string[] = [],
  remarks: readonly Remark[] = [],
): MergekitConfig {
  if (!method.mergekit) return { reason: `mergekit has no method ${recipe.merge_method}` };
  if ((recipe.scope ?? method.defaultScope) !== 'all')
    return { reason: 'mergekit merges every tensor, and this recipe’s scope leaves some out' };
  if (patches.length > 0) return { reason: `mergekit opens no patches (${patches.join(', ')})` };
  const renamed = new Set(
    remarks.flatMap(({ kind, tensors }) => (kind === 'renamed' ? tensors : [])),
  );
  if (renamed.size > 0)
    return {
      reason: `mergekit meets tensors by name alone, and ${plural(renamed.size, 'tensor')} of the base go by another name in some model`,
    };
  const out = outputDtype(recipe, baseDtypes);
  const told = remarks.some(({ kind }) => ofTensors.has(kind)) ? [tensorsNote] : [];
  if (recipe.compat) {
    const draws = method.parameters.some(({ name }) => name === 'seed') ? [drawNote] : [];
    const alone = recipe.models.some(({ model }) => model === recipe.base_model);
    const content = contentOf(recipe, alone, out.dtype);
    return { text: yamlText(content, [namesNote, ...draws, ...told, ...out.notes]) };
  }
  const parameters = asSharesOfScope(parametersOf(recipe, method), recipe, counts);
  const refused = refusalOf(recipe, method, parameters);
  if (refused) return { reason: refused };
  const notes = [namesNote, ...notesOn(recipe, method, parameters), ...told, ...out.notes];
  const theirs = asMergekits(recipe, method, parameters);
  const content = contentOf(theirs, method.mergekit.base === 'model', out.dtype);
  return { text: yamlText(content, notes) };
}

/** What mergekit's method of this name cannot be told, or null. */
function refusalOf(
  { merge_method }: Recipe,
  { parameters: ours, mergekit, filters = [] }: Method,
  parameters: readonly Parameters[],
): string | null {
  const isWeight = ({ name }: { name: string }) => name === 'weight';
  const weights = new Set(parameters.map(({ weight }) => weight));
  if (!ours.some(isWeight) || mergekit?.parameters.some(isWeight)) return null;
  return weights.size > 1 || filters.length > 0
    ? `mergekit’s ${merge_method} gives every model the same weight`
    : null;
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

/** The recipe with every parameter that both have, by model and as a whole, and those of mergekit alone as the method is here. */
function asMergekits(recipe: Recipe, method: Method, parameters: readonly Parameters[]): Recipe {
  const taken = method.mergekit?.parameters ?? [];
  const valued = (own: Parameters = {}, per: 'model' | 'merge'): Parameters => {
    const names = taken.map(({ name }) => name).filter((name) => own[name] !== undefined);
    const chosen = names.filter((name) => parameterRules[name].per === per);
    return Object.fromEntries(chosen.map((name) => [name, own[name]]));
  };
  const { DELTA = 0, NORMALIZE = 1 } = method.constants;
  const theirs = taken.find(({ name }) => name === 'normalize')?.default;
  const differs = DELTA === 1 && theirs !== undefined && theirs !== NORMALIZE;
  const [first] = recipe.models;
  return {
    ...recipe,
    base_model: (recipe.merge_method === 'slerp' && first?.model) || recipe.base_model,
    models: recipe.models.map(({ model }, m) => ({
      model,
      parameters: valued(parameters[m], 'model'),
    })),
    parameters: { ...valued(parameters[0], 'merge'), ...(differs && { normalize: NORMALIZE }) },
  };
}

/** A recipe as mergekit reads it; a base that is among the models is `implied`, but in SLERP. */
function contentOf(recipe: Recipe, implied: boolean, outDtype: string) {
  const { merge_method, base_model, models, parameters, dtype } = recipe;
  // What is undefined is not written.
  return {
    merge_method,
    base_model: implied && merge_method !== 'slerp' ? undefined : base_model,
    models: models.map(({ model, parameters: own }) => ({ model, parameters: written(own) })),
    parameters: written(parameters),
    dtype,
    out_dtype: outDtype,
    tokenizer_source: recipe.tokenizer_source,
    chat_template: recipe.chat_template,
  };
}

/** Settings with flags as true and false, and without the seed; undefined where there are none. */
function written(settings: Settings = {}) {
  const kept = Object.entries(settings).filter(([name]) => name !== 'seed');
  if (kept.length === 0) return undefined;
  const values = kept.map(([name, value]) => {
    const { kind } = parameterRules[name as ParameterName];
    return [name, writtenSetting(value, kind === 'flag')] as const;
  });
  return Object.fromEntries(values);
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
