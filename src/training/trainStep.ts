import { batchOrder } from '../data/batches.ts';
import { bug, incompatible } from '../errors.ts';
import type { Tensors } from '../gpu/tensors.ts';
import { hasShared, planArrays } from '../scope/memory.ts';
import {
  lossAndGradients,
  segmentsOf,
  type Consumer,
  type Loss,
  type ParameterSource,
} from '../models/blockwise.ts';
import type { Block } from '../models/block.ts';
import { createReaderSource } from '../models/readerSource.ts';
import type { Task } from '../models/task.ts';
import type { TensorReader } from '../tensor/tensorIndex.ts';
import type { TrainingHost, TrainingInput } from './learner.ts';

/** Where the arrays of a learner may stay, where the rest of its models, and how these are cut for going backward. */
export function planTraining(
  { scope, tasks, settings }: TrainingInput,
  { tensors, budgetBytes }: TrainingHost,
  arrays: number,
) {
  const needs = { arrays, scope, tasks: tasks.map(({ task }) => task), ...settings };
  const { resident, restBytes } = planArrays(needs, budgetBytes);
  return {
    arrayBytes: Math.max(0, budgetBytes - restBytes),
    /** Parameters of a model, and of the head of a task in its fine-tuned checkpoint. */
    rest: (model: TensorReader, tuned: TensorReader) =>
      createReaderSource(tensors, ({ of }) => (of === 'model' ? model : tuned), restBytes),
    segments: (blocks: readonly Block[]) =>
      segmentsOf(blocks, resident || hasShared(blocks, scope)),
  };
}

/** Rows of batch number `step` of a task, epoch after epoch. */
export function rowsAt(
  { train }: Task,
  step: number,
  { batchSize, seed }: TrainingInput['settings'],
): number[] {
  const size = train?.size ?? 0;
  const perEpoch = Math.ceil(size / batchSize);
  const epoch = Math.floor(step / perEpoch);
  return batchOrder(size, batchSize, epoch, seed)[step % perEpoch] ?? [];
}

/** Loss of these training examples, whose gradients go to `consume`; throws Incompatible when it is no number. */
export async function trainStep(
  { tf }: Tensors,
  { name, train }: Task,
  segments: readonly (readonly Block[])[],
  loss: Loss,
  rows: readonly number[],
  { source, consume }: { source: ParameterSource; consume: Consumer },
): Promise<number> {
  if (!train) throw bug(`${name} has no examples to learn from.`);
  const batch = await train.batch(tf, rows);
  try {
    const result = await lossAndGradients(tf, segments, loss, batch, source, consume);
    if (Number.isFinite(result.loss)) return result.loss;
  } finally {
    Object.values(batch).forEach((tensor) => tensor?.dispose());
  }
  throw incompatible(
    `The loss of ${name} is no number. Try a smaller learning rate, and look for NaN weights in the checkpoints.`,
  );
}
