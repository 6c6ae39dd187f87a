import { throwIfCancelled } from '../errors.ts';
import type { Batch, Tensor, Tf } from '../models/block.ts';
import { readF32Range } from '../models/readF32.ts';
import { createReaderSource } from '../models/readerSource.ts';
import type { TensorReader } from '../tensor/tensorIndex.ts';
import type { TrainingHost, TrainingInput } from './learner.ts';
import { madeReader } from './made.ts';
import { rowsAt } from './trainStep.ts';

/** XᵀX of what a task feeds a linear layer, over so many rows; `turned` where the layer's weight is [out, in]. */
export interface Gram {
  sum: Tensor;
  rows: number;
  turned: boolean;
}

/**
 * A fine-tuned model taken through its blocks one at a time, with the inputs of the next block in memory: what its own
 * blocks make, or with `onMerged` the merged ones.
 */
export function walkOf(input: TrainingInput, host: TrainingHost, u: number, onMerged: boolean) {
  const { tasks, parameters, settings } = input;
  const { task, floats, tuned, model } = tasks[u]!;
  const { tf } = host.tensors;
  const sourceOf = (model: TensorReader) =>
    createReaderSource(host.tensors, { model, task: tuned }, 0);
  const own = sourceOf(model);
  const merged = sourceOf(mergedReader(input, host, u));
  const examples = Math.min(parameters[u]?.examples ?? 256, task.train?.size ?? 0);
  const batches: number[][] = [];
  for (let left = examples; left > 0; left -= batches.at(-1)!.length)
    batches.push(rowsAt(task, batches.length, settings).slice(0, left));
  const inputs: ({ values: Float32Array; shape: number[] } | null)[] = batches.map(() => null);
  const through = async (b: number, source: typeof own, grams: Map<string, Gram> | null) => {
    const block = floats[b];
    if (!block) return;
    const loaded = await source.load(block);
    try {
      for (const [i, rows] of batches.entries()) {
        throwIfCancelled(host.signal);
        await host.resumed();
        const batch = await task.train!.batch(tf, rows);
        const told = await tokensOf(batch);
        const y = tf.tidy(() => {
          const from = inputs[i];
          const x = from ? tf.tensor(from.values, from.shape) : null;
          const watched = grams ? watching(tf, loaded.params, batch, told, grams) : tf;
          return block.forward(watched, (name) => loaded.params.get(name)!, x, batch);
        });
        if (!grams || !onMerged) inputs[i] = { values: await y.data<'float32'>(), shape: y.shape };
        y.dispose();
        Object.values(batch).forEach((tensor) => tensor?.dispose());
      }
    } finally {
      loaded.release();
    }
  };
  return {
    /** Adds up the Gram matrices of a block. */
    watch: (b: number, grams: Map<string, Gram>) => through(b, own, grams),
    /** Takes the inputs through the merged block. */
    passMerged: (b: number) => through(b, merged, null),
    close() {
      own.close();
      merged.close();
    },
  };
}

/** The merged model as far as it is made, as float32 under the base's names; the base where nothing merges. */
function mergedReader(
  { tasks, scope, base }: TrainingInput,
  { scratch }: TrainingHost,
  u: number,
): TensorReader {
  const made = madeReader(scratch, scope);
  const inScope = new Set(scope.map(({ base }) => base.name));
  const stored = new Map(
    tasks[u]!.task.blocks.flatMap(({ tensors }) => tensors.map(({ info }) => [info.name, info])),
  );
  return {
    async read(info, start, end) {
      if (inScope.has(info.name)) return made.read(info, start, end);
      const values = await readF32Range(base, stored.get(info.name)!, start / 4, end / 4);
      return new Uint8Array(values.buffer);
    },
  };
}

/** Tokens of a batch that are no padding. */
async function tokensOf({ attention }: Batch): Promise<number> {
  const marks = await attention?.data<'float32'>();
  return marks?.reduce((sum, mark) => sum + mark, 0) ?? 0;
}

/** tfjs that adds up XᵀX of the rows, padding left out (`told` are none), that are multiplied with a parameter: by matMul always. */
function watching(
  tf: Tf,
  params: ReadonlyMap<string, Tensor>,
  { attention }: Batch,
  told: number,
  grams: Map<string, Gram>,
): Tf {
  const names = new Map([...params].map(([name, tensor]) => [tensor, name]));
  const matMul = (a: Tensor, b: Tensor, turnA = false, turnB = false) => {
    const name = names.get(b);
    if (name !== undefined && !turnA && a.rank === 2) {
      const tokens = attention?.size === a.shape[0] ? attention : undefined;
      const known = grams.get(name);
      const sum = tf.tidy(() => {
        const rows = tokens ? tf.mul(a, tf.reshape(tokens, [-1, 1])) : a;
        const gram = tf.matMul(rows, rows, true, false);
        return tf.keep(known ? tf.add(known.sum, gram) : gram);
      });
      const count = tokens ? told : (a.shape[0] ?? 0);
      known?.sum.dispose();
      grams.set(name, { sum, rows: (known?.rows ?? 0) + count, turned: turnB });
    }
    return tf.matMul(a, b, turnA, turnB);
  };
  const getKernel: Tf['getKernel'] = (name, backend) =>
    name === 'Linear' ? undefined! : tf.getKernel(name, backend);
  return Object.create(tf, { matMul: { value: matMul }, getKernel: { value: getKernel } }) as Tf;
}
