import { batchOrder } from '../data/batches.ts';
import { incompatible } from '../errors.ts';
import type { Tensors } from '../gpu/tensors.ts';
import type { Block } from '../models/block.ts';
import { lossOfRows, type Task, type Trained } from '../models/task.ts';
import { planArrays, type MemoryPlan } from '../scope/memory.ts';
import type { TrainingHost, TrainingInput } from './learner.ts';

/** What a learner with so many `arrays` of the scope keeps on the device. */
export function planTraining(
  { scope, tasks, settings }: TrainingInput,
  { budgetBytes }: TrainingHost,
  arrays: number,
): MemoryPlan {
  const needs = { arrays, scope, tasks: tasks.map(({ task }) => task), ...settings };
  return planArrays(needs, budgetBytes);
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
  task: Pick<Task, 'name' | 'train' | 'loss'>,
  segments: readonly (readonly Block[])[],
  rows: readonly number[],
  trained: Trained,
): Promise<number> {
  const { loss } = await lossOfRows(tf, task, segments, rows, trained);
  if (Number.isFinite(loss)) return loss;
  throw incompatible(
    `The loss of ${task.name} is no number. Try a smaller learning rate, and look for NaN weights in the checkpoints.`,
  );
}
