import type { Tensors } from '../gpu/tensors.ts';
import type { Scratch } from '../scope/scopeArrays.ts';
import type { KeptBits } from '../scope/arraySpecs.ts';
import type { ScopeTensor } from '../scope/scopeTensor.ts';
import type { Block } from '../models/block.ts';
import type { Task } from '../models/task.ts';
import type { Parameters } from '../recipe/parameters.ts';
import type { TensorReader } from '../tensor/tensorIndex.ts';

/** A task whose examples a merge learns from. */
export interface TrainingTask {
  task: Task;
  /** Its blocks with the model's tensors told as float32, as `model` reads them. */
  floats: readonly Block[];
  /** Of the fine-tuned checkpoint: the counterparts of the scope, and the tensors of the task's own head. */
  tuned: TensorReader;
  /** All of the fine-tuned model under the base's names, as float32. */
  model: TensorReader;
}

export interface TrainingInput {
  scope: readonly ScopeTensor[];
  base: TensorReader;
  /** In the order of the models. */
  tasks: readonly TrainingTask[];
  /** Bits of the positions of a tensor of the base at which τ of model `u` counts; absent: at all. */
  kept?: KeptBits;
  /** Every parameter of the method, for each model. */
  parameters: readonly Parameters[];
  settings: { batchSize: number; seed: number };
}

export interface TrainingHost {
  tensors: Tensors;
  /** Bytes of weights and their state that may stay on the device. */
  budgetBytes: number;
  /** For what does not fit the budget, and for weights that are made. */
  scratch: Scratch;
  signal: AbortSignal;
  /** Settles at once, or when a pause ends. */
  resumed(): Promise<void>;
  onProgress(done: number, total: number, detail: string): void;
}

/** What a learner found. */
export interface Learned {
  /** Of the models in each tensor of the scope, in order. */
  weights?: number[][];
  /** Whether the merged tensors lie in scratch, as `putMade` leaves them. */
  made: boolean;
  notes: string[];
}

/** How a merge method learns from examples of every task. */
export interface Learner {
  /** Name of the stage on screen. */
  stage: string;
  /** What data it needs, one plain line. */
  needs: string;
  run(input: TrainingInput, host: TrainingHost): Promise<Learned>;
}
