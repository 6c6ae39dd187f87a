import { badFile } from '../errors.ts';
import { asSharesOfScope } from '../recipe/densityOf.ts';
import { countLayers, type TensorRole } from '../models/describeTensor.ts';
import type { Parameters } from '../recipe/parameters.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { evaluateSetting } from '../recipe/setting.ts';
import { isMergeable, type DType } from '../tensor/dtype.ts';
import { countElements } from '../tensor/tensorIndex.ts';
import type { Chunk } from './chunk.ts';
import type { Method } from './method.ts';
import { weightOf } from './parameters.ts';
import { countParameters, type PlannedTensor } from './preflight.ts';

/** A row of masks found by |τ|: the `count` positions of largest |τ| of a model, or a `share` of those that differ. */
export interface Rank {
  model: number;
  count: number;
  share?: number;
}

/** Elements that are ranked together: all in scope, or those of one tensor. Every group has as many ranks. */
export interface RankGroup {
  elements: number;
  /** One per model, then those of the positions left out as outliers. */
  ranks: Rank[];
}

/** One tensor of the output: spliced from the base, or from parts [firstPart, endPart); one that follows another is as that one. */
export interface OutputTensor {
  planned: PlannedTensor;
  dtype: DType;
  firstPart: number;
  endPart: number;
}

/** What a merge does, in order; the same for the same recipe, inputs and chunk size. */
export interface MergePlan {
  method: Method;
  models: number;
  /** Elements in scope. */
  scope: number;
  /** Parameters of the base. */
  total: number;
  weights: number[];
  /** Models whose masks are not found by density but given. */
  masked: boolean[];
  /** Empty where masks are not found by rank. */
  groups: RankGroup[];
  /** Every parameter of the method, for each model; what varies among tensors is as outside the layers. */
  parameters: Parameters[];
  /** The same in one tensor. */
  values(tensor: PlannedTensor): readonly Parameters[];
  /** Number of layers of each stack of blocks. */
  layers: number[];
  outputs: OutputTensor[];
  /** Merged chunks and those that only change dtype, in part order. */
  chunks: Chunk[];
  /** Elements of one at most. */
  chunkElements: number;
}

/** Elements per chunk for a number of models, so that all inputs of one fit `slotBytes` as f32; a multiple of 32. */
export function chunkElements(models: number, slotBytes: number): number {
  return Math.max(1024, Math.floor(slotBytes / (4 * (models + 1)) / 32) * 32);
}

/** Throws BadFile when the weights do not add up to a mean, or the scope has fewer weights than a density asks for; `masked` says which models' masks are given. */
export function planMerge(
  given: readonly PlannedTensor[],
  recipe: Recipe,
  method: Method,
  elementsPerChunk: number,
  masked: readonly boolean[] = [],
): MergePlan {
  const merged = given.filter(({ fate }) => fate === 'merged');
  const tensors = given.map((each) =>
    each.fate === 'new' ? { ...each, shares: sharesOf(each, recipe, method) } : each,
  );
  const layers = countLayers(tensors.map(({ role }) => role));
  const counts = { total: countParameters(tensors), scope: elementsOf(merged) };
  const { total, scope } = counts;
  const parameters = asSharesOfScope(parametersOf(recipe, method), recipe, counts);
  const values = valuesIn(recipe, method, parameters, merged, layers);
  const weights = parameters.map(weightOf);
  refuseUnfit(recipe, method, [parameters, ...merged.map(values)]);
  const groupOf = (elements: number, own: readonly Parameters[]): RankGroup => ({
    elements,
    ranks: ranksOf(method, own, elements),
  });
  const free = parameters.map((own, m) => (masked[m] ? withoutRanks(own) : own));
  const groups = method.byTensor
    ? merged.map((each) => groupOf(countElements(each.tensor), values(each)))
    : [groupOf(scope, free)];
  return {
    method,
    models: recipe.models.length,
    scope,
    total,
    weights,
    masked: recipe.models.map((_, m) => masked[m] ?? false),
    groups: method.mask === 'differs' ? [] : groups,
    parameters,
    values,
    layers,
    chunkElements: elementsPerChunk,
    ...cut(tensors, recipe, method, elementsPerChunk),
  };
}

/** The tensors of the output, and the chunks that they are made from. */
function cut(
  tensors: readonly PlannedTensor[],
  recipe: Recipe,
  { byTensor = false }: Method,
  elementsPerChunk: number,
): Pick<MergePlan, 'outputs' | 'chunks'> {
  const outputs: OutputTensor[] = [];
  const chunks: Chunk[] = [];
  let before = 0;
  let group = 0;
  for (const tensor of tensors) {
    const dtype = outputDtype(tensor.tensor.dtype, recipe);
    const firstPart = chunks.length;
    if (isMade(tensor, dtype))
      for (const span of spans(countElements(tensor.tensor), elementsPerChunk))
        chunks.push({ tensor, ...span, part: chunks.length, position: before + span.start, group });
    outputs.push({ planned: tensor, dtype, firstPart, endPart: chunks.length });
    if (tensor.fate !== 'merged') continue;
    before += countElements(tensor.tensor);
    if (byTensor) group++;
  }
  return { outputs, chunks };
}

/** Whether a tensor has parts of its own, and is not the base's as it is, or another of the output. */
function isMade({ fate, tensor, follows, whole }: PlannedTensor, dtype: DType): boolean {
  if (fate !== 'copied' || whole) return true;
  return dtype !== tensor.dtype && follows === undefined;
}

/** The models' shares in the mean of rows that only some of them have: by their weights, where these are more than 0 together. */
function sharesOf({ tensor, models }: PlannedTensor, recipe: Recipe, method: Method): number[] {
  const weights = parametersOf(recipe, method, tensor.name).map((own, m) =>
    models[m] ? weightOf(own) : 0,
  );
  const having = models.filter((each) => each !== null).length;
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight, m) =>
    total > 0 ? weight / total : models[m] ? 1 / Math.max(1, having) : 0,
  );
}

function elementsOf(tensors: readonly PlannedTensor[]): number {
  return tensors.reduce((sum, { tensor }) => sum + countElements(tensor), 0);
}

function refuseUnfit(
  { models }: Recipe,
  { label, models: [least, most] = [1, Infinity], constants }: Method,
  values: readonly (readonly Parameters[])[],
): void {
  if (models.length < least || models.length > most)
    throw badFile(
      `${label} takes ${least === most ? `exactly ${least}` : `at least ${least}`} model${most === 1 ? '' : 's'}, not ${models.length}.`,
    );
  const { DELTA = 0, NORMALIZE = 1, MERGEKIT = 0 } = constants;
  if (DELTA || !NORMALIZE) return;
  for (const own of values) {
    const weights = own.map(weightOf);
    const total = weights.reduce((a, b) => a + b, 0);
    if (own[0]?.normalize === 0 || total > 0 || (MERGEKIT && total !== 0)) continue;
    throw badFile(
      `The weights (${weights.join(', ')}) must add up to ${MERGEKIT ? 'other than' : 'more than'} 0 for a mean. Raise one of them.`,
    );
  }
}

/** Of a model whose mask is given. */
const withoutRanks = (own: Parameters): Parameters => ({
  ...own,
  density: 0,
  ...(own.gamma !== undefined && { gamma: 0 }),
});

/** ⌊density·N⌋ positions of each model after the ⌊gamma·N⌋ largest, fewer where density leaves no room for both. */
function ranksOf(method: Method, values: readonly Parameters[], elements: number): Rank[] {
  if (method.mask === 'spread')
    return values.map(({ select_topk: share = 1 }, model) =>
      share < 1 ? { model, count: 0, share } : { model, count: elements },
    );
  const counts = values.map(({ density = 1, gamma }) => {
    const kept = Math.floor(density * elements);
    const left = Math.min(Math.floor((gamma ?? 0) * elements), elements - kept);
    // mergekit's slice [n_bot:-n_top] is empty when n_top is 0, and keeps nothing then.
    const none = method.byTensor && gamma !== undefined && left === 0 && density < 1;
    return none ? { kept: 0, left: 0 } : { kept: kept && kept + left, left };
  });
  const without = values.some(({ gamma }) => gamma !== undefined);
  return [
    ...counts.map(({ kept }, model) => ({ model, count: kept })),
    ...(without ? counts.map(({ left }, model) => ({ model, count: left })) : []),
  ];
}

/**
 * The method's parameters for each model in a tensor, without one outside the layers: its own, else the recipe's, else the
 * defaults. Throws BadFile where one that mergekit asks for has no value in the tensor.
 */
export function parametersOf(recipe: Recipe, method: Method, tensor = '', depth = 0): Parameters[] {
  return recipe.models.map((model) => {
    const values: Parameters = {};
    for (const { name, per, required, default: fallback } of method.parameters) {
      const given = [
        per === 'model' ? model.parameters?.[name] : undefined,
        recipe.parameters?.[name],
      ];
      const [value] = given.flatMap((setting) =>
        setting === undefined ? [] : (evaluateSetting(setting, tensor, depth) ?? []),
      );
      if (value === undefined && required && tensor)
        throw badFile(
          `The ${name} of ${model.model} has no value in ${tensor}: no filter fits. End its list with an entry without filter.`,
        );
      values[name] = value ?? fallback;
    }
    return values;
  });
}

/** The parameters in each tensor. */
function valuesIn(
  recipe: Recipe,
  method: Method,
  parameters: readonly Parameters[],
  merged: readonly PlannedTensor[],
  layers: readonly number[],
): MergePlan['values'] {
  const settings = [recipe, ...recipe.models].flatMap((each) =>
    Object.values(each.parameters ?? {}),
  );
  if (settings.every((setting) => typeof setting === 'number')) return () => parameters;
  const byTensor = new Map(
    merged.map((each) => {
      const depth = depthIn(each.role, layers);
      return [each, parametersOf(recipe, method, each.tensor.name, depth)] as const;
    }),
  );
  return (tensor) => byTensor.get(tensor) ?? parameters;
}

/** 0 in the first layer of a stack and outside the layers, 1 in the last, and in the only one. */
function depthIn({ layer, stack }: TensorRole, layers: readonly number[]): number {
  if (layer === null) return 0;
  const last = (layers[stack] ?? 1) - 1;
  return last === 0 ? 1 : layer / last;
}

/** The dtype in which a tensor of this one is written. */
export function outputDtype(dtype: DType, { out_dtype }: Pick<Recipe, 'out_dtype'>): DType {
  if (out_dtype === 'base' || !isMergeable(dtype)) return dtype;
  return ({ float32: 'F32', float16: 'F16', bfloat16: 'BF16' } as const)[out_dtype];
}

function spans(elements: number, most: number): { start: number; elements: number }[] {
  return Array.from({ length: Math.ceil(elements / most) }, (_, i) => ({
    start: i * most,
    elements: Math.min(most, elements - i * most),
  }));
}
