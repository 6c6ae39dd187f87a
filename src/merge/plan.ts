import { AppError } from '../errors.ts';
import { countLayers } from '../models/describeTensor.ts';
import type { Parameters } from '../recipe/parameters.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { isMergeable, type DType } from '../tensor/dtype.ts';
import { countElements } from '../tensor/tensorIndex.ts';
import type { Method } from './method.ts';
import type { PlannedTensor } from './preflight.ts';

/** A run of elements of one tensor that fits a slot; `part` numbers its output. */
export interface Chunk {
  tensor: PlannedTensor;
  start: number;
  elements: number;
  part: number;
  /** Elements in scope before these. */
  position: number;
}

/** A row of masks found by |τ|: the `count` positions of largest |τ| of a model. */
export interface Rank {
  model: number;
  count: number;
}

/** One tensor of the output: spliced from the base, or from parts [firstPart, endPart). */
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
  total: number;
  weights: number[];
  /** Of models whose masks are given, 0. */
  densities: number[];
  /** Models whose masks are not found by density but given. */
  masked: boolean[];
  /** Rows of masks that are found by |τ|: one per model, then those of the positions left out as outliers. */
  ranks: Rank[];
  lambda: number;
  /** Every parameter of the method, for each model. */
  parameters: Parameters[];
  /** Number of layers of each stack of blocks. */
  layers: number[];
  outputs: OutputTensor[];
  /** Merged chunks and those that only change dtype, in part order. */
  chunks: Chunk[];
}

/** Elements per chunk for a number of models, so that all inputs of one fit `slotBytes` as f32; a multiple of 32. */
export function chunkElements(models: number, slotBytes: number): number {
  return Math.max(1024, Math.floor(slotBytes / (4 * (models + 1)) / 32) * 32);
}

/** Throws BadFile when the weights do not add up to a mean; `masked` says which models' masks are given. */
export function planMerge(
  tensors: readonly PlannedTensor[],
  recipe: Recipe,
  method: Method,
  elementsPerChunk: number,
  masked: readonly boolean[] = [],
): MergePlan {
  const parameters = parametersOf(recipe, method);
  const weights = parameters.map(({ weight = 1 }) => weight);
  const densities = parameters.map(({ density = 1 }, m) => (masked[m] ? 0 : density));
  refuseUnfit(recipe, method, weights);
  const merged = tensors.filter(({ fate }) => fate === 'merged');
  const scope = elementsOf(merged);
  return {
    method,
    models: recipe.models.length,
    scope,
    total: elementsOf(tensors),
    weights,
    densities,
    masked: recipe.models.map((_, m) => masked[m] ?? false),
    ranks: method.mask === 'density' ? ranksOf(densities, parameters, scope, masked) : [],
    lambda: parameters[0]?.lambda ?? 1,
    parameters,
    layers: countLayers(tensors.map(({ role }) => role)),
    ...cut(tensors, recipe, elementsPerChunk),
  };
}

/** The tensors of the output, and the chunks that they are made from. */
function cut(
  tensors: readonly PlannedTensor[],
  recipe: Recipe,
  elementsPerChunk: number,
): Pick<MergePlan, 'outputs' | 'chunks'> {
  const outputs: OutputTensor[] = [];
  const chunks: Chunk[] = [];
  let before = 0;
  for (const tensor of tensors) {
    const dtype = outputDtype(tensor.tensor.dtype, recipe);
    const firstPart = chunks.length;
    if (tensor.fate === 'merged' || dtype !== tensor.tensor.dtype)
      for (const span of spans(countElements(tensor.tensor), elementsPerChunk))
        chunks.push({ tensor, ...span, part: chunks.length, position: before + span.start });
    outputs.push({ planned: tensor, dtype, firstPart, endPart: chunks.length });
    if (tensor.fate === 'merged') before += countElements(tensor.tensor);
  }
  return { outputs, chunks };
}

function elementsOf(tensors: readonly PlannedTensor[]): number {
  return tensors.reduce((sum, { tensor }) => sum + countElements(tensor), 0);
}

function refuseUnfit({ models }: Recipe, method: Method, weights: readonly number[]): void {
  if (method.constants.DELTA !== 1 && weights.reduce((a, b) => a + b, 0) <= 0)
    throw new AppError(
      'BadFile',
      `The weights (${weights.join(', ')}) must add up to more than 0 for a mean. Raise one of them.`,
    );
  const [least, most] = method.models ?? [1, Infinity];
  if (models.length < least || models.length > most)
    throw new AppError(
      'BadFile',
      `${method.label} takes ${least === most ? `exactly ${least}` : `at least ${least}`} models, not ${models.length}.`,
    );
}

/** ⌊density·N⌋ positions of each model after the ⌊gamma·N⌋ largest, fewer where density leaves no room for both; none where a mask is given. */
function ranksOf(
  densities: readonly number[],
  parameters: readonly Parameters[],
  scope: number,
  masked: readonly boolean[],
): Rank[] {
  const kept = densities.map((density) => Math.floor(density * scope));
  const outliers = parameters.map(({ gamma = 0 }, m) =>
    masked[m] ? 0 : Math.min(Math.floor(gamma * scope), scope - (kept[m] ?? 0)),
  );
  const counts = kept.map((count, m) => count && count + (outliers[m] ?? 0));
  const rank = (count: number, model: number) => ({ model, count });
  const without = parameters.some(({ gamma }) => gamma !== undefined);
  return [...counts.map(rank), ...(without ? outliers.map(rank) : [])];
}

/** The method's parameters for each model: its own, else the recipe's, else the defaults. */
export function parametersOf(recipe: Recipe, method: Method): Parameters[] {
  return recipe.models.map((model) => {
    const values: Parameters = {};
    for (const { name, per, default: fallback } of method.parameters) {
      const own = per === 'model' ? model.parameters?.[name] : undefined;
      values[name] = own ?? recipe.parameters?.[name] ?? fallback;
    }
    return values;
  });
}

function outputDtype(dtype: DType, { out_dtype }: Recipe): DType {
  if (out_dtype === 'base' || !isMergeable(dtype)) return dtype;
  return ({ float32: 'F32', float16: 'F16', bfloat16: 'BF16' } as const)[out_dtype];
}

function spans(elements: number, most: number): { start: number; elements: number }[] {
  return Array.from({ length: Math.ceil(elements / most) }, (_, i) => ({
    start: i * most,
    elements: Math.min(most, elements - i * most),
  }));
}
