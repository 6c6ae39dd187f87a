import { accuracy, argmaxRows } from '../../src/analysis/metrics.ts';
import { openNodeTensors } from '../../src/gpu/nodeTensors.ts';
import type { Tensors } from '../../src/gpu/tensors.ts';
import { fineTune } from '../../src/localize/fineTune.ts';
import { localize, type TaskMask } from '../../src/localize/localize.ts';
import { localizers } from '../../src/localize/localizers/registry.ts';
import type { ParameterSource } from '../../src/models/blockwise.ts';
import { predict } from '../../src/models/evaluate.ts';
import { createReaderSource } from '../../src/models/readerSource.ts';
import { average, graft, stitch, taskArithmetic, ties } from './mergeWeights.ts';
import { openSuite, readerOf, type Suite, type WeightMap } from './suiteModels.ts';

/** Mean accuracy over tasks of the grafts, and of the model stitched from them. */
export interface LocalizerRow {
  localizer: string;
  density: number;
  graft: number;
  merged: number;
  seconds: number;
}

export interface SuiteFigures {
  tasks: string[];
  shots: number;
  parameters: number;
  /** Mean accuracies of models found without masks. */
  models: { name: string; accuracy: number }[];
  rows: LocalizerRow[];
  seconds: number;
}

const densities = [0.01, 0.05, 0.1, 0.2];
const shots = 64;
const { signal } = new AbortController();
/** Of the control, of which the best on the test examples is told. */
const rates = [3e-4, 1e-3, 3e-3];

/** Every localizer at every density on a suite of tasks, and what it is to be compared with. */
export async function measureSuite(
  folder: string,
  log: (line: string) => void,
): Promise<SuiteFigures> {
  const started = performance.now();
  const tensors = await openNodeTensors();
  const suite = await openSuite(folder, shots);
  const each = async (weights: (task: number) => WeightMap) => {
    const found = [];
    for (const task of suite.tasks.keys())
      found.push(await accuracyOf(tensors, suite, task, weights(task)));
    return mean(found);
  };
  const together = (weights: WeightMap) => each(() => weights);
  const models = [
    { name: 'base', accuracy: await together(suite.base) },
    { name: 'each task’s fine-tuned model', accuracy: await each((task) => suite.tuned[task]!) },
    { name: 'simple average', accuracy: await together(average(suite)) },
    { name: 'task arithmetic, α 0.4', accuracy: await together(taskArithmetic(suite)) },
    { name: 'TIES, 20 %, λ 1', accuracy: await together(ties(suite)) },
    {
      name: 'few-shot fine-tuning on all tasks, from the base',
      accuracy: await control(tensors, suite, suite.base),
    },
    {
      name: 'few-shot fine-tuning on all tasks, from the average',
      accuracy: await control(tensors, suite, average(suite)),
    },
  ];
  models.forEach(({ name, accuracy }) => log(`${name} ${accuracy.toFixed(3)}`));
  const rows: LocalizerRow[] = [];
  for (const id of ids)
    for (const density of densities) {
      const begun = performance.now();
      const masks = await findMasks(tensors, suite, id, density);
      const seconds = (performance.now() - begun) / 1000;
      const row = {
        ...{ localizer: id, density, seconds },
        graft: await each((task) => graft(suite, masks[task]!, task)),
        merged: await together(stitch(suite, masks)),
      };
      log(
        `${id} ${density} ${row.graft.toFixed(3)} ${row.merged.toFixed(3)} ${seconds.toFixed(0)} s`,
      );
      rows.push(row);
    }
  return {
    ...{ tasks: suite.tasks.map(({ name }) => name), shots, models, rows },
    parameters: suite.scope.reduce((sum, { end }) => sum + end / 4, 0),
    seconds: (performance.now() - started) / 1000,
  };
}

type LocalizerId = keyof typeof localizers;
const ids = Object.keys(localizers).filter((id): id is LocalizerId => id in localizers);

/** A mask for each task: all at once where the localizer is joint, else one after another. */
async function findMasks(
  tensors: Tensors,
  { base, tuned, tasks, scope }: Suite,
  id: LocalizerId,
  density: number,
): Promise<TaskMask[]> {
  const localizer = localizers[id];
  const { form, defaults } = localizer;
  const find = async (members: number[], seed: number) => {
    const { masks } = await localize(
      {
        ...{ localizer, base: readerOf(base), budget: 'exact' },
        scope: scope.map((info) => ({ base: info, tuned: members.map(() => info) })),
        masks: members.map((m) => ({ task: tasks[m]!, tuned: readerOf(tuned[m]!), density })),
        settings: {
          epochs: defaults?.epochs ?? 1,
          batchSize: defaults?.batchSize ?? 16,
          learningRate: defaults?.learningRate ?? 0,
          l1: defaults?.l1 ?? 0,
          seed,
        },
      },
      {
        ...{ tensors, signal, budgetBytes: 1e9, snapshotEveryMs: Infinity },
        ...{ resumed: async () => undefined, onProgress: () => undefined },
        snapshots: { read: async () => null, part: refuse, put: refuse, commit: refuse },
      },
    );
    return masks;
  };
  if (form.kind === 'rank' && form.joint) return find([...tasks.keys()], 0);
  const found = [];
  // Random masks of different tasks are to differ.
  for (const m of tasks.keys()) found.push(...(await find([m], form.kind === 'random' ? m : 0)));
  return found;
}

const refuse = () => Promise.reject(new Error('Nothing is resumed here.'));

/** The best mean accuracy of plain fine-tuning of the scope on all tasks' examples, over learning rates. */
async function control(tensors: Tensors, suite: Suite, from: WeightMap): Promise<number> {
  const { tasks, scope, tuned } = suite;
  const found = [];
  for (const rate of rates) {
    const { sources, close } = await fineTune(
      tensors,
      {
        ...{ tasks, from: readerOf(from), epochs: 6, batchSize: 32, seed: 0 },
        tuned: tuned.map(readerOf),
        scope: scope.map((info) => ({ base: info, tuned: [] })),
        adam: { rate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.01 },
      },
      signal,
    );
    const scores = [];
    for (const task of tasks.keys())
      scores.push(await accuracyFrom(tensors, suite, task, sources[task]!));
    found.push(mean(scores));
    await close();
  }
  return Math.max(...found);
}

async function accuracyOf(tensors: Tensors, suite: Suite, task: number, weights: WeightMap) {
  const source = createReaderSource(tensors, () => readerOf(weights), Infinity);
  try {
    return await accuracyFrom(tensors, suite, task, source);
  } finally {
    source.close();
  }
}

async function accuracyFrom(
  tensors: Tensors,
  { tasks }: Suite,
  at: number,
  source: ParameterSource,
): Promise<number> {
  const task = tasks[at]!;
  const { values, width } = await predict(tensors, task, task.test!, source, 60, signal);
  return accuracy(argmaxRows(values, width), [...task.test!.labels]);
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
