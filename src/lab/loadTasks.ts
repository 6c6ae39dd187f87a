import { incompatible, unsupported } from '../errors.ts';
import type { Tensors } from '../gpu/tensors.ts';
import type { Block } from '../models/block.ts';
import type { Examples } from '../models/task.ts';
import type { TaskData } from '../recipe/recipe.ts';
import type { StoredCheckpoint } from '../storage/checkpoints.ts';
import type { FindData } from '../storage/dataSets.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import type { PreparedTask } from '../tasks/preparedTask.ts';
import { prepareTask } from '../tasks/prepareTask.ts';
import { openTaskModel } from '../tasks/taskModel.ts';
import { balancedOrder } from './balancedOrder.ts';
import { keptImages } from './keptImages.ts';

/** A task ready to be scored. */
export interface LoadedTask {
  name: string;
  data: TaskData;
  find: FindData;
  base: StoredCheckpoint;
  tuned: StoredCheckpoint;
  /** Tensors that merge by themselves though the base ties them. */
  untied: readonly TensorInfo[];
  prepared: PreparedTask;
  tower: readonly Block[];
  head: Block;
  /** Tasks of equal names have the same tower. */
  family: string;
  test: Examples;
  /** Tests, classes in turn. */
  order: readonly number[];
  /** Training examples of the rarest class. */
  shots: number;
  /** Pixels of an image's side; null for text. */
  side: number | null;
}

/** Reads a task's tests and head; training examples are counted alone. Throws Incompatible, Unsupported, BadFile. */
export async function loadTask(
  tensors: Tensors,
  [base, tuned]: readonly [StoredCheckpoint, StoredCheckpoint],
  name: string,
  data: TaskData,
  find: FindData,
  signal: AbortSignal,
  untied: readonly TensorInfo[],
): Promise<LoadedTask> {
  const model = await openTaskModel(base, tuned, untied);
  const prepared = await prepareTask(model, data, find, { shots: 0, seed: 0 });
  if (prepared.labels.length === 0)
    throw unsupported(
      `The task of “${name}” has no classes, and models are compared live by the classes they tell. Leave “${name}” out, or score it by a merge.`,
    );
  if (!prepared.test)
    throw incompatible(
      `“${name}” has no test data, by which models are compared live. Choose some for it.`,
    );
  const test = keptImages(prepared.test);
  const head = await prepared.head(tensors, signal);
  const first = await test.batch(tensors.tf, [0]);
  const side = first.pixels?.shape[1] ?? null;
  Object.values(first).forEach((tensor) => tensor?.dispose());
  const names = prepared.tower.flatMap(({ id, tensors }) => [
    id,
    ...tensors.map((t) => t.info.name),
  ]);
  return {
    name,
    data,
    find,
    base,
    tuned,
    untied,
    prepared,
    head,
    test,
    side,
    tower: prepared.tower,
    family: side === null ? name : names.join(),
    order: balancedOrder(test.labels),
    shots: Math.min(...prepared.about.counts.map(({ examples }) => examples)),
  };
}

/** Training examples of a task: so many of each class. */
export async function loadShots(
  { base, tuned, untied, data, find, name }: LoadedTask,
  shots: number | 'all',
  seed: number,
): Promise<PreparedTask> {
  const { train } = data;
  if (train === undefined)
    throw incompatible(`“${name}” has no training data to find a mask with. Choose some for it.`);
  const { test: _, ...training } = data;
  const model = await openTaskModel(base, tuned, untied);
  const prepared = await prepareTask(model, training, find, { shots, seed });
  return { ...prepared, name, train: prepared.train && keptImages(prepared.train) };
}
