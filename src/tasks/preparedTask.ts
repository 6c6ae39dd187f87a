import type { ImageEntry } from '../data/images.ts';
import type { Texts } from '../data/prompt.ts';
import type { Outputs } from '../models/evaluate.ts';
import type { Tensors } from '../gpu/tensors.ts';
import type { Block } from '../models/block.ts';
import type { Examples, Task } from '../models/task.ts';
import type { LocalizeSettings, MetricName, TaskData } from '../recipe/recipe.ts';
import type { FindData } from '../storage/dataSets.ts';
import type { TaskModel } from './taskModel.ts';

/** Which training examples are shown to a model. */
export type Shots = Pick<LocalizeSettings, 'shots' | 'seed'>;

/** A task with its examples read and encoded, before anything lies on a device. */
export interface PreparedTask extends Omit<Task, 'blocks'> {
  /** Blocks of the tower, without the head. */
  tower: readonly Block[];
  /** The last block; may run other parts of the model. */
  head(tensors: Tensors, signal: AbortSignal): Promise<Block>;
  /** Test examples as scores count them: of choices, questions. */
  examples: number;
  /** Metrics that can be told of outputs on the test examples; the first is the natural one. */
  metrics: readonly MetricName[];
  measure(outputs: Outputs, metric: MetricName): number;
  about: TaskAbout;
  /** One example of the user's own, of class 0; absent for language models. */
  ask?(question: Question): Examples | null;
  /** Test images in the order of `test`. */
  pictures?: readonly ImageEntry[];
  /** Test texts in the order of `test`. */
  texts?: readonly Texts[];
}

/** Reads and encodes the examples of a model's task; throws BadFile, Incompatible, Unsupported. */
export type PrepareTask = (
  model: TaskModel,
  data: TaskData,
  find: FindData,
  shots: Shots,
) => Promise<PreparedTask>;

/** Something to tell the class of: an image file, or a text. */
export type Question = Blob | Texts;

/** What the page says about a task before it runs. */
export interface TaskAbout {
  /** How examples become inputs, e.g. "2 classes · prompt “{text} It was{mask} .”". */
  reading: string;
  /** Training examples by class before shots are drawn. */
  counts: { label: string; examples: number }[];
  /** First training example as the model reads it. */
  example: string;
  trainExamples: number;
}

/** The task with its head. */
export async function completeTask(
  prepared: PreparedTask,
  tensors: Tensors,
  signal: AbortSignal,
): Promise<Task> {
  const head = await prepared.head(tensors, signal);
  return { ...prepared, blocks: [...prepared.tower, head] };
}

/** The task as a metric asks for its outputs: by its own head, or by which tokens are the likeliest. */
export function askedFor(task: Task, metric: MetricName): Task {
  return metric === 'exact' && task.greedy
    ? { ...task, blocks: [...task.blocks.slice(0, -1), task.greedy] }
    : task;
}

/** Examples as a task has them: null in place of none. */
export const ifAny = (examples: Examples) => (examples.size > 0 ? examples : null);
