import { mulberry32 } from '../../src/data/random.ts';
import type { ScopeTensor } from '../../src/scope/scopeTensor.ts';
import { buildTowers } from '../../src/models/registry.ts';
import { crossEntropy, type Task } from '../../src/models/task.ts';
import type { TensorInfo, TensorReader } from '../../src/tensor/tensorIndex.ts';
import { countElements, roberta } from '../../scripts/shapes.js';

/** A RoBERTa with random weights, as large as asked. */
export interface StepShape {
  layers: number;
  hidden: number;
  inner: number;
  heads: number;
  vocabulary: number;
  batch: number;
  tokens: number;
}

/** A model in memory with fine-tuned copies, and a task on random tokens; the scope is its layers. */
export interface StepModel {
  base: TensorReader;
  tuned: TensorReader[];
  scope: ScopeTensor[];
  task: Task;
  bytes: number;
}

const words = [7, 11];

export function createStepModel(shape: StepShape, models: number, seed = 1): StepModel {
  const { config, tensors } = roberta({ ...shape, positions: shape.tokens + 2 });
  const random = mulberry32(seed);
  const noise = (scale: number) => (random() + random() + random() - 1.5) * scale;
  let end = 0;
  const infos = tensors.map(({ name, shape }): TensorInfo => {
    const start = end;
    end += countElements({ shape }) * 4;
    return { name, dtype: 'F32', shape, file: 0, start, end };
  });
  const base = new Float32Array(end / 4);
  for (const { name, start, end } of infos) {
    const middle = /norm\.weight/i.test(name) ? 1 : 0;
    for (let k = start / 4; k < end / 4; k++) base[k] = middle + noise(0.08);
  }
  const tuned = Array.from({ length: models }, () => base.map((value) => value + noise(0.02)));
  const { text } = buildTowers('roberta', infos, config);
  if (!text) throw new Error('The model has no text tower.');
  const blocks = [...text.blocks, text.heads.maskedLm!(words)];
  const scope = infos
    .filter(({ name }) => name.includes('.layer.'))
    .map((info) => ({ base: info, tuned: tuned.map(() => info) }));
  return {
    base: readerOf(base),
    tuned: tuned.map(readerOf),
    ...{ scope, bytes: end },
    task: { ...examples(shape, random), blocks, loss: crossEntropy },
  };
}

function examples(
  { vocabulary, batch, tokens }: StepShape,
  random: () => number,
): Omit<Task, 'blocks' | 'loss'> {
  const size = 4 * batch;
  const ids = Int32Array.from(
    { length: size * tokens },
    () => 3 + Math.floor(random() * (vocabulary - 3)),
  );
  const labels = Int32Array.from({ length: size }, () => Math.floor(random() * words.length));
  const train: Task['train'] = {
    ...{ size, labels },
    async batch(tf, indices) {
      const rows = indices.map((i) => ids.subarray(i * tokens, (i + 1) * tokens));
      const flat = Int32Array.from(rows.flatMap((row) => [...row]));
      return {
        ids: tf.tensor2d(flat, [rows.length, tokens], 'int32'),
        attention: tf.ones([rows.length, tokens]),
        at: tf.zeros([rows.length], 'int32'),
        labels: tf.tensor1d(
          indices.map((i) => labels[i]!),
          'int32',
        ),
      };
    },
  };
  return { name: 'bench', labels: ['a', 'b'], tokens, train, test: null, notes: [] };
}

function readerOf(values: Float32Array<ArrayBuffer>): TensorReader {
  const bytes = new Uint8Array(values.buffer);
  return { read: async (info, start, end) => bytes.slice(info.start + start, info.start + end) };
}
