import { mulberry32 } from '../data/random.ts';
import type { Block } from '../models/block.ts';
import { crossEntropy, type Task } from '../models/task.ts';
import { asBytes } from '../tensor/release.ts';
import type { TensorInfo, TensorReader } from '../tensor/tensorIndex.ts';
import type { SnapshotStore } from '../localize/contract.ts';
import type { ScopeTensor } from '../scope/scopeTensor.ts';

/** A small model in memory for tests: blocks y = tanh(x·W + b), a fixed head, and a fine-tuned copy. */
export function toyTask(seed: number, depth = 4, width = 24, classes = 3) {
  const random = mulberry32(seed);
  const draw = (n: number, scale: number) =>
    Float32Array.from({ length: n }, () => (random() + random() + random() - 1.5) * scale);
  const infos: TensorInfo[] = [];
  const add = (name: string, shape: number[]) => {
    const start = infos.at(-1)?.end ?? 0;
    const end = start + shape.reduce((a, b) => a * b, 4);
    infos.push({ name, dtype: 'F32', shape, file: 0, start, end });
    return infos.at(-1)!;
  };
  const blocks: Block[] = [];
  for (let i = 0; i < depth; i++) {
    const [w, b] = [add(`${i}.weight`, [width, width]), add(`${i}.bias`, [width])];
    blocks.push({
      id: String(i),
      tensors: [w, b].map((info) => ({ info, of: 'model' })),
      forward: (tf, p, x, { pixels }) => {
        const linear = tf.add(tf.matMul(x ?? pixels!, p(w.name)), p(b.name));
        return tf.tanh(linear);
      },
    });
  }
  const scope = infos.length;
  const head = add('head.weight', [width, classes]);
  blocks.push({
    id: 'head',
    tensors: [{ info: head, of: 'model' }],
    forward: (tf, p, x) => tf.matMul(x!, p(head.name)),
  });
  const bytes = infos.at(-1)!.end / 4;
  const base = draw(bytes, 0.4);
  const examples = draw(48 * width, 2);
  const labels = Int32Array.from({ length: 48 }, (_, i) => {
    const row = examples.subarray(i * width, (i + 1) * width);
    return row[0]! + row[1]! > 0.4 ? 2 : row[2]! > 0 ? 1 : 0;
  });
  const tuned = (tunedSeed: number) => {
    const delta = draw(bytes, 0.1 + tunedSeed * 0);
    return base.map((value, i) => value + delta[i]!);
  };
  const task: Task = {
    name: 'toy',
    blocks,
    loss: crossEntropy,
    labels: ['a', 'b', 'c'],
    tokens: 1,
    train: {
      size: labels.length,
      labels,
      async batch(tf, indices) {
        const rows = indices.flatMap((i) => [...examples.subarray(i * width, (i + 1) * width)]);
        return {
          pixels: tf.tensor2d(rows, [indices.length, width]),
          labels: tf.tensor1d(
            indices.map((i) => labels[i]!),
            'int32',
          ),
        };
      },
    },
    test: null,
    notes: [],
  };
  return {
    task,
    base: readerOf(base),
    tuned: [tuned(1), tuned(2)].map(readerOf),
    scope: infos.slice(0, scope).map((info): ScopeTensor => ({ base: info, tuned: [info, info] })),
  };
}

/** Reads tensors out of one array. */
function readerOf(values: Float32Array): TensorReader {
  const bytes = asBytes(new Uint32Array(values.slice().buffer));
  return { read: async (info, start, end) => bytes.slice(info.start + start, info.start + end) };
}

/** Keeps the last snapshot in memory. */
export function memorySnapshots(): SnapshotStore & { commits: number } {
  let parts = new Map<string, Uint8Array<ArrayBuffer>>();
  let next = new Map<string, Uint8Array<ArrayBuffer>>();
  let kept: Awaited<ReturnType<SnapshotStore['read']>> = null;
  return {
    commits: 0,
    read: async () => kept,
    part: async (name) => parts.get(name)!.slice(),
    put: async (name, bytes) => void next.set(name, bytes.slice()),
    async commit(snapshot) {
      [kept, parts, next] = [structuredClone(snapshot), next, new Map()];
      this.commits++;
    },
  };
}
