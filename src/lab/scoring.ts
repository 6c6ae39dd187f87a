import { argmaxRows } from '../analysis/metrics.ts';
import type { Tensors } from '../gpu/tensors.ts';
import type { Tensor } from '../gpu/tf.ts';
import type { Batch } from '../models/block.ts';
import { forward, type ParameterSource } from '../models/blockwise.ts';
import { countElements } from '../tensor/tensorIndex.ts';
import type { LoadedTask } from './loadTasks.ts';

/** Tests [from, to) of a task's order. */
export interface Part {
  task: number;
  from: number;
  to: number;
}

/** Tests of each task in the first part, where a device is slow and where it is fast. */
const firstTests = { wasm: 6, webgpu: 128 } as const;

/** Bytes that the widest layer of a batch may make. */
const layerBytes = { wasm: 4, webgpu: 128 } as const;

/**
 * Rounds of parts, each told before the next: the first of every task's tests, then as many again as were told before, until
 * all are.
 */
export function planRounds(
  tests: readonly { task: number; tests: number }[],
  first: number,
): Part[][] {
  const rounds: Part[][] = [];
  for (let from = 0, to = first; tests.some((each) => each.tests > from); [from, to] = [to, 2 * to])
    rounds.push(
      tests
        .filter((each) => each.tests > from)
        .map(({ task, tests }) => ({ task, from, to: Math.min(to, tests) })),
    );
  return rounds;
}

/** Cuts parts into batches of at most so many tests, across tasks of one family. */
export function planBatches(
  parts: readonly Part[],
  familyOf: (task: number) => string,
  most: (task: number) => number,
): Part[][] {
  const batches: Part[][] = [];
  let room = 0;
  let family: string | null = null;
  for (const { task, from, to } of parts)
    for (let at = from; at < to;) {
      if (room === 0 || familyOf(task) !== family) {
        batches.push([]);
        [room, family] = [most(task), familyOf(task)];
      }
      const end = Math.min(to, at + room);
      batches.at(-1)!.push({ task, from: at, to: end });
      room -= end - at;
      at = end;
    }
  return batches;
}

/** Rounds for these tasks on this device. */
export function roundsOf(
  { backend }: Tensors,
  tasks: readonly LoadedTask[],
  wanted: readonly number[],
): Part[][] {
  const tests = wanted.map((task) => ({ task, tests: tasks[task]!.order.length }));
  return planRounds(tests, firstTests[backend]);
}

/** Batches of a round for this device. */
export function batchesOf(
  { backend }: Tensors,
  tasks: readonly LoadedTask[],
  round: readonly Part[],
): Part[][] {
  return planBatches(
    round,
    (task) => tasks[task]!.family,
    (task) => Math.max(1, Math.floor((layerBytes[backend] * 2 ** 20) / widestBytes(tasks[task]!))),
  );
}

/** Bytes of the widest layer's output of one example. */
function widestBytes({ prepared, tower, side }: LoadedTask): number {
  const shapes = tower.flatMap(({ tensors }) => tensors.map(({ info }) => info.shape));
  const patch = shapes.find((shape) => shape.length === 4)?.at(-1) ?? 16;
  const tokens = side === null ? prepared.tokens : (side / patch) ** 2 + 1;
  const widest = shapes
    .filter((shape) => shape.length === 2 && countElements({ shape }) < 1e8)
    .reduce((most, [rows = 1, columns = 1]) => Math.max(most, Math.min(rows, columns) * 4), 1);
  return tokens * widest * 4;
}

/** How many tests of each part are told right; `sourceOf` gives a task's parameters. */
export async function countRight(
  { tf }: Tensors,
  tasks: readonly LoadedTask[],
  batch: readonly Part[],
  sourceOf: (task: number) => ParameterSource,
): Promise<number[]> {
  const logits = await logitsOf({ tf }, tasks, batch, sourceOf);
  return batch.map(({ task, from, to }, i) => {
    const { order, test } = tasks[task]!;
    const predicted = argmaxRows(logits[i]!, logits[i]!.length / (to - from));
    return predicted.filter((each, row) => each === test.labels[order[from + row]!]).length;
  });
}

/** Logits of each part, row-major: one pass of the shared tower, then each task's head. */
async function logitsOf(
  { tf }: Pick<Tensors, 'tf'>,
  tasks: readonly LoadedTask[],
  parts: readonly Part[],
  sourceOf: (task: number) => ParameterSource,
): Promise<Float32Array[]> {
  const [first] = parts;
  if (!first) return [];
  const batches = await Promise.all(
    parts.map(({ task, from, to }) =>
      tasks[task]!.test.batch(tf, tasks[task]!.order.slice(from, to)),
    ),
  );
  const owned: (Tensor | undefined)[] = batches.flatMap((batch) => Object.values(batch));
  try {
    const joined: Batch =
      batches.length === 1
        ? batches[0]!
        : { pixels: tf.concat(batches.map(({ pixels }) => pixels as Tensor)) };
    if (batches.length > 1) owned.push(joined.pixels);
    const x = await forward(tf, tasks[first.task]!.tower, joined, sourceOf(first.task));
    owned.push(x);
    const outputs: Tensor[] = [];
    for (const [i, { task, from, to }] of parts.entries()) {
      const at = parts.slice(0, i).reduce((sum, part) => sum + part.to - part.from, 0);
      const rest = x.shape.slice(1);
      const { head } = tasks[task]!;
      const loaded = await sourceOf(task).load(head);
      const y = tf.tidy(() => {
        const rows = tf.slice(x, [at, ...rest.map(() => 0)], [to - from, ...rest]);
        return tf.reshape(
          head.forward(tf, (name) => loaded.params.get(name)!, rows, batches[i]!),
          [-1],
        );
      });
      loaded.release();
      outputs.push(y);
    }
    const all = tf.concat(outputs);
    owned.push(...outputs, all);
    const values = await all.data<'float32'>();
    let at = 0;
    return outputs.map(({ size }) => values.slice(at, (at += size)));
  } finally {
    owned.forEach((tensor) => tensor?.dispose());
  }
}

/** Shares of probability that a model gives the classes of a task for one example of its `ask`. */
export async function probabilities(
  tensors: Tensors,
  task: LoadedTask,
  example: LoadedTask['test'],
  source: ParameterSource,
): Promise<number[]> {
  const asked = { ...task, test: example, order: [0] };
  const [logits] = await logitsOf(tensors, [asked], [{ task: 0, from: 0, to: 1 }], () => source);
  return softmax(logits!);
}

function softmax(logits: Float32Array): number[] {
  const most = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = Array.from(logits, (each) => Math.exp(each - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((each) => each / sum);
}
