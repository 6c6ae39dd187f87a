import { beforeAll, describe, expect, it } from 'vitest';
import { tokenBatch } from '../data/batches.ts';
import type { Tensors } from '../gpu/tensors.ts';
import { buildTowers } from '../models/registry.ts';
import { crossEntropy, type Examples, type Task } from '../models/task.ts';
import { deep } from './deep.ts';
import { countElements, type TensorInfo, type TensorReader } from '../tensor/tensorIndex.ts';
import { localize } from '../localize/localize.ts';
import type { Localized, LocalizeInput } from '../localize/contract.ts';
import type { TaskMask } from '../scope/masks.ts';
import { localizers } from '../localize/localizers/registry.ts';
import { memorySnapshots } from './toyTask.ts';

/** The files of scripts/localizeGoldens.py. */
export interface Goldens {
  tensors: readonly TensorInfo[];
  bytes: Uint8Array<ArrayBuffer>;
  told: {
    config: Record<string, unknown>;
    scope: string[];
    density: number;
    labelWords: Record<string, number[]>;
    runs: Record<string, Record<string, { losses: number[] }>>;
  };
}

type Preset = keyof typeof localizers;

/** Those that use data. */
const goldenPresets = [
  'paper',
  'scaled',
  'reference',
  'grafting',
  'hard',
  'joint',
] as const satisfies Preset[];

/** Runs the localizers that use data and compares masks and losses with autograd's in PyTorch. */
export function testGoldens(open: () => Promise<Tensors>, goldens: Goldens): void {
  let tensors: Tensors;
  beforeAll(async () => {
    tensors = await open();
  });

  describe.each(goldenPresets)('%s', (preset) => {
    const runs = goldens.told.runs[preset]!;
    const joint = preset === 'joint';
    const groups = joint ? [Object.keys(runs)] : Object.keys(runs).map((task) => [task]);
    describe.each(groups.map((group) => [group.join(', '), group] as const))('%s', (_, group) => {
      let exact: Localized;
      let free: Localized;
      beforeAll(async () => {
        const input = inputOf(goldens, preset, group);
        exact = await localize(input, hostOf(tensors, 1e9));
        free = await localize({ ...input, budget: 'free' }, hostOf(tensors, 0));
      }, 600_000);

      it('has the losses of the oracle within 1e-3', () => {
        for (const { losses } of [exact, free]) {
          const wanted = runs[group[0]!]!.losses;
          const found = perStep(losses, wanted.length);
          const worst = wanted.map((loss, i) => Math.abs(found[i]! - loss) / loss);
          expect(Math.max(...worst)).toBeLessThan(1e-3);
        }
      });

      it('finds at least 99.9 % of the mask bits of the oracle', () => {
        // Rank scores keep their density at every step, so that both budgets are the exact one.
        const freely = localizers[preset].form.kind === 'rank' ? 'exact' : 'free';
        group.forEach((task, u) => {
          expect(
            agreement(goldens, exact.masks[u]!, `${task}/${preset}/exact`),
          ).toBeGreaterThanOrEqual(0.999);
          expect(
            agreement(goldens, free.masks[u]!, `${task}/${preset}/${freely}`),
          ).toBeGreaterThanOrEqual(0.999);
        });
      });
    });
  });
}

/** Compares the losses of a first epoch: what a software adapter has time for. */
export function testFirstEpoch(open: () => Promise<Tensors>, goldens: Goldens): void {
  const presets = deep ? (['scaled', 'hard'] as const) : (['scaled'] as const);
  it.each(presets)('%s has the first losses of the oracle', async (preset) => {
    const input = inputOf(goldens, preset, ['a']);
    const settings = { ...input.settings, epochs: 1 };
    const { losses } = await localize({ ...input, settings }, hostOf(await open(), 1e9));
    expect(losses.length).toBeGreaterThan(3);
    losses.forEach((loss, i) => {
      const wanted = goldens.told.runs[preset]!['a']!.losses[i]!;
      expect(Math.abs(loss - wanted) / wanted).toBeLessThan(1e-3);
    });
  });
}

const hostOf = (tensors: Tensors, budgetBytes: number) => ({
  ...{ tensors, budgetBytes, snapshots: memorySnapshots() },
  signal: new AbortController().signal,
  resumed: async () => undefined,
  onProgress: () => undefined,
});

function inputOf(goldens: Goldens, preset: Preset, group: readonly string[]): LocalizeInput {
  const { scope, density } = goldens.told;
  const localizer = localizers[preset];
  const { epochs = 1, batchSize = 1, learningRate = 0, l1 = 0 } = localizer.defaults ?? {};
  return {
    localizer,
    scope: scope.map((name) => ({
      base: infoOf(goldens, `base/${name}`, name),
      tuned: group.map((task) => infoOf(goldens, `${task}/${name}`, name)),
    })),
    base: readerOf(goldens),
    masks: group.map((task) => ({
      task: taskOf(goldens, task),
      tuned: readerOf(goldens),
      density,
    })),
    budget: 'exact',
    settings: { epochs, batchSize, learningRate: learningRate ?? 0, l1: l1 ?? 0, seed: 0 },
  };
}

/** A stored tensor under another name. */
export function infoOf({ tensors }: Goldens, stored: string, name: string): TensorInfo {
  const info = tensors.find((each) => each.name === stored);
  if (!info) throw new Error(`The golden lacks ${stored}.`);
  return { ...info, name };
}

/** Reads any of them. */
export const readerOf = ({ bytes }: Goldens): TensorReader => ({
  read: async ({ start }, from, to) => bytes.slice(start + from, start + to),
});

/** The model, with the head and the examples of a task. */
export function taskOf(goldens: Goldens, name: string): Task {
  const base = goldens.tensors
    .filter((each) => each.name.startsWith('base/'))
    .map((each) => ({ ...each, name: each.name.slice('base/'.length) }));
  const { text } = buildTowers('roberta', base, goldens.told.config);
  const head = text?.heads.maskedLm?.(goldens.told.labelWords[name]!);
  if (!text || !head) throw new Error('The golden model has no head.');
  return {
    ...{ name, blocks: [...text.blocks, head], loss: crossEntropy, test: null, notes: [] },
    labels: goldens.told.labelWords[name]!.map(String),
    train: examplesOf(goldens, name),
    tokens: 24,
  };
}

function examplesOf(goldens: Goldens, task: string): Examples {
  const [ids, attention, at, labels] = ['ids', 'attention', 'at', 'labels'].map((key) => {
    const { start, end, shape } = infoOf(goldens, `${task}/${key}`, key);
    const { buffer } = goldens.bytes.slice(start, end);
    return {
      shape,
      values: key === 'attention' ? new Float32Array(buffer) : new Int32Array(buffer),
    };
  });
  const [size = 0, width = 0] = ids!.shape;
  const rows = Array.from({ length: size }, (_, i) => {
    const row = [...ids!.values.subarray(i * width, (i + 1) * width)];
    const length = [...attention!.values.subarray(i * width, (i + 1) * width)].filter(
      Boolean,
    ).length;
    const encoded = row.slice(0, length);
    return { ids: encoded, types: encoded.map(() => 0), at: at!.values[i]!, truncated: false };
  });
  return {
    size,
    labels: labels!.values as Int32Array,
    async batch(tf, indices) {
      const of = indices.map((i) => labels!.values[i]!);
      const batch = tokenBatch(
        indices.map((i) => rows[i]!),
        of,
        1,
      );
      const shape: [number, number] = [batch.size, batch.length];
      return {
        ids: tf.tensor2d(batch.ids, shape, 'int32'),
        types: tf.tensor2d(batch.types, shape, 'int32'),
        attention: tf.tensor2d(batch.attention, shape),
        at: tf.tensor1d(batch.at, 'int32'),
        labels: tf.tensor1d(batch.labels, 'int32'),
      };
    },
  };
}

/** Losses of batches as they are, or as means of as many groups. */
function perStep(losses: readonly number[], steps: number): number[] {
  const size = losses.length / steps;
  return Array.from({ length: steps }, (_, i) => {
    const group = losses.slice(i * size, (i + 1) * size);
    return group.reduce((a, b) => a + b, 0) / size;
  });
}

/** Share of scope positions where a mask is as in the golden's bits. */
function agreement(goldens: Goldens, { words }: TaskMask, name: string): number {
  const { start } = infoOf(goldens, name, name);
  let position = 0;
  let equal = 0;
  for (const tensor of goldens.told.scope) {
    const elements = countElements(infoOf(goldens, `base/${tensor}`, tensor));
    const found = words.get(tensor);
    for (let k = 0; k < elements; k++, position++) {
      const wanted = (goldens.bytes[start + (position >>> 3)]! >>> (position & 7)) & 1;
      equal += Number((((found?.[k >>> 5] ?? 0) >>> (k & 31)) & 1) === wanted);
    }
  }
  return equal / position;
}
