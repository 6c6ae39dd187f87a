import { AppError } from '../errors.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { isMergeable, type DType } from '../tensor/dtype.ts';
import { countElements } from '../tensor/tensorIndex.ts';
import type { Method, ParameterInfo } from './method.ts';
import type { PlannedTensor } from './preflight.ts';

/** A run of elements of one tensor that fits a slot; `part` numbers its output. */
export interface Chunk {
  tensor: PlannedTensor;
  start: number;
  elements: number;
  part: number;
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
  lambda: number;
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
  const outputs: OutputTensor[] = [];
  const chunks: Chunk[] = [];
  for (const tensor of tensors) {
    const dtype = outputDtype(tensor.tensor.dtype, recipe);
    const firstPart = chunks.length;
    if (tensor.fate === 'merged' || dtype !== tensor.tensor.dtype)
      for (const span of spans(countElements(tensor.tensor), elementsPerChunk))
        chunks.push({ tensor, ...span, part: chunks.length });
    outputs.push({ planned: tensor, dtype, firstPart, endPart: chunks.length });
  }
  const elements = (list: readonly PlannedTensor[]) =>
    list.reduce((sum, { tensor }) => sum + countElements(tensor), 0);
  const weights = parameter(recipe, method, 'weight') ?? recipe.models.map(() => 1);
  if (method.constants.DELTA !== 1 && weights.reduce((a, b) => a + b, 0) <= 0)
    throw new AppError(
      'BadFile',
      `The weights (${weights.join(', ')}) must add up to more than 0 for a mean. Raise one of them.`,
    );
  const densities = parameter(recipe, method, 'density') ?? recipe.models.map(() => 1);
  return {
    method,
    models: recipe.models.length,
    scope: elements(tensors.filter(({ fate }) => fate === 'merged')),
    total: elements(tensors),
    weights,
    densities: densities.map((density, m) => (masked[m] ? 0 : density)),
    masked: recipe.models.map((_, m) => masked[m] ?? false),
    lambda: parameter({ ...recipe, models: [{ model: '' }] }, method, 'lambda')?.[0] ?? 1,
    outputs,
    chunks,
  };
}

/** A parameter's value for each model of the recipe; null when the method has no such parameter. */
export function parameter(
  recipe: Recipe,
  method: Method,
  name: ParameterInfo['name'],
): number[] | null {
  const info = method.parameters.find((each) => each.name === name);
  if (!info) return null;
  const shared = recipe.parameters?.[name] ?? info.default;
  return recipe.models.map(({ parameters }) => parameters?.[name] ?? shared);
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
