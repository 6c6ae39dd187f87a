import type { Preflight, TensorPlan } from '../api/preflight.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { Method } from './method.ts';
import { matrixBytes, mostBytesAhead, mostMatrixBytes } from './wholeTensors.ts';

/** What streaming takes whatever the size of the models, as measured in bench/RESULTS.md, and a little more. */
const streamingBytes = 256e6;

/** Bytes that merging these tensors of so many models takes at most: its chunks, and matrices that are merged whole. */
export function mergingBytes(
  method: Pick<Method, 'matrix' | 'matrixBytes'>,
  tensors: readonly Pick<TensorPlan, 'shape' | 'fate'>[],
  models: number,
): number {
  if (!method.matrix) return streamingBytes;
  const matrices = tensors
    .filter(({ shape, fate }) => fate === 'merged' && shape.length === 2)
    .map(({ shape }) => matrixBytes(shape, models) + (method.matrixBytes?.(shape) ?? 0))
    .filter((bytes) => bytes <= mostMatrixBytes);
  const largest = matrices.reduce((most, bytes) => Math.max(most, bytes), 0);
  const all = matrices.reduce((sum, bytes) => sum + bytes, 0);
  return streamingBytes + Math.max(largest, Math.min(all, mostBytesAhead));
}

/** Arrays of a weight in scope while a mask is learned: its change, its logit, the step's gradient and what is put in its place. */
const arraysPerWeight = 4;

/** Bytes that weights and mask state take at most where examples are used: what there is of them, within the budget. */
export function learningBytes(
  { models }: Pick<Recipe, 'models'>,
  { learner, learnsMasks }: Pick<Method, 'learner' | 'learnsMasks'>,
  { total, scope }: Preflight['parameters'],
  budgetBytes: number,
): number {
  const data = models.flatMap((each) => each.data ?? []);
  if (data.length === 0) return 0;
  const taught = data.filter(({ train }) => train !== undefined).length;
  const learns = learnsMasks || learner !== undefined;
  const state = learns ? arraysPerWeight * scope * taught : 0;
  return Math.min(budgetBytes, 4 * (2 * total + state));
}
