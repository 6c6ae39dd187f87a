import type { Tensors } from '../gpu/tensors.ts';
import type { Block } from '../models/block.ts';
import { segmentsOf } from '../models/blockwise.ts';
import { createReaderSource, KeptParameters, type ReaderSource } from '../models/readerSource.ts';
import type { Task } from '../models/task.ts';
import { countElements, type TensorReader } from '../tensor/tensorIndex.ts';
import type { ScopeTensor } from './scopeTensor.ts';
import { scopeSize } from './masks.ts';

/** What stays on the device. */
export interface MemoryPlan {
  /** Everything fits: activations are kept, not recomputed. */
  resident: boolean;
  /** Estimated bytes of mask state, gradients and activations when all of it stays. */
  wantedBytes: number;
  /** For the arrays over the scope. */
  arrayBytes: number;
  /** Parameters out of scope: of a model, which tasks share, and of the head of a task in its fine-tuned checkpoint. */
  rest(tensors: Tensors, model: TensorReader, tuned: TensorReader): ReaderSource;
  /** Blocks as they are cut for going backward. */
  segments(blocks: readonly Block[]): Block[][];
}

/** An optimisation of `arrays` f32 values for each position in scope, on the device together with these tasks. */
interface ArrayNeeds {
  arrays: number;
  scope: readonly ScopeTensor[];
  tasks: readonly Task[];
  batchSize: number;
}

/** Copies of each layer's inputs and outputs that a tape holds: of linear layers, norms, activations and attention maps. */
const tapeFactor = 3;

/** Compares the bytes of an optimisation that keeps so many `arrays` of the scope with its budget. */
export function planArrays(
  { arrays, scope, tasks, batchSize }: ArrayNeeds,
  budgetBytes: number,
): MemoryPlan {
  const size = scopeSize(scope);
  const inScope = new Set(scope.map(({ base }) => base.name));
  const infos = new Map(
    tasks.flatMap(({ blocks }) =>
      blocks.flatMap(({ tensors }) => tensors.map(({ info, of }) => [`${of} ${info.name}`, info])),
    ),
  );
  const outside = [...infos.values()].filter(({ name }) => !inScope.has(name));
  const restWanted = outside.reduce((sum, info) => sum + countElements(info) * 4, 0);
  const widths = [...infos.values()]
    .filter(({ shape, name }) => shape.length === 2 && inScope.has(name))
    .reduce((sum, { shape }) => sum + (shape[0] ?? 0) + (shape[1] ?? 0), 0);
  const tokens = batchSize * Math.max(1, ...tasks.map(({ tokens }) => tokens));
  const activations = tapeFactor * tokens * widths * 4;
  const wantedBytes = size * 4 * (arrays + 1) + restWanted + activations;
  const resident = wantedBytes <= budgetBytes;
  const restBytes = resident ? restWanted : Math.min(restWanted, Math.floor(budgetBytes / 4));
  const kept = new KeptParameters();
  return {
    resident,
    wantedBytes,
    arrayBytes: Math.max(0, budgetBytes - restBytes),
    rest: (tensors, model, task) => createReaderSource(tensors, { model, task }, restBytes, kept),
    segments: (blocks) => segmentsOf(blocks, resident || hasShared(blocks, inScope)),
  };
}

/** Whether two blocks train the same tensor, whose gradients only one tape adds up: a tied embedding in scope. */
function hasShared(blocks: readonly Block[], inScope: ReadonlySet<string>): boolean {
  const used = blocks.flatMap(({ tensors }) =>
    tensors.flatMap(({ info, of }) => (of === 'model' && inScope.has(info.name) ? info.name : [])),
  );
  return new Set(used).size < used.length;
}
