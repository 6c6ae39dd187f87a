import { accuracy, argmaxRows } from '../../src/analysis/metrics.ts';
import { openNodeTensors } from '../../src/test/nodeTensors.ts';
import type { Tensors } from '../../src/gpu/tensors.ts';
import { localize } from '../../src/localize/localize.ts';
import type {
  LiveState,
  LocalizeHost,
  LocalizeInput,
  SnapshotStore,
} from '../../src/localize/contract.ts';
import type { TaskMask } from '../../src/scope/masks.ts';
import { memorySnapshots } from '../../src/test/toyTask.ts';
import { localizers } from '../../src/localize/localizers/registry.ts';
import { predict } from '../../src/models/evaluate.ts';
import { readF32 } from '../../src/models/readF32.ts';
import { createReaderSource } from '../../src/models/readerSource.ts';
import { memoryScratch } from '../../src/scope/scopeArrays.ts';
import { fewShotLearner } from '../../src/training/fewShot.ts';
import { madeReader } from '../../src/training/made.ts';
import { graft, mergeSuite } from './mergeSuite.ts';
import { openSuite, readerOf, type Suite, type WeightMap } from './suiteModels.ts';

/** Mean accuracy over tasks of the grafts, and of the model stitched from them. */
export interface LocalizerRow {
  localizer: string;
  density: number;
  graft: number;
  merged: number;
  seconds: number;
}

/** A model found without masks. */
export interface ModelRow {
  name: string;
  accuracy: number;
}

const densities = [0.01, 0.05, 0.1, 0.2];
const shots = 64;
const { signal } = new AbortController();
/** Of the control, of which the best on the test examples is told. */
const rates = [3e-4, 1e-3, 3e-3];

/** A suite, and what can be measured on it. */
export async function openSuiteBench(folder: string) {
  const tensors = await openNodeTensors();
  const suite = await openSuite(folder, shots);
  const each = async (weights: (task: number) => WeightMap | Promise<WeightMap>) => {
    const found = [];
    for (const task of suite.tasks.keys())
      found.push(await accuracyOf(tensors, suite, task, await weights(task)));
    return mean(found);
  };
  const together = (weights: WeightMap) => each(() => weights);
  return {
    facts: {
      tasks: suite.tasks.map(({ name }) => name),
      shots,
      tests: suite.tasks.reduce((sum, { test }) => sum + (test?.size ?? 0), 0),
      parameters: suite.scope.reduce((sum, { end }) => sum + end / 4, 0),
    },
    /** What localizers are to be compared with. */
    async models(): Promise<ModelRow[]> {
      const onAll = 'few-shot fine-tuning on all tasks';
      const merged = async (method: Parameters<typeof mergeSuite>[1]) =>
        together(await mergeSuite(suite, method));
      return [
        { name: 'base', accuracy: await together(suite.base) },
        { name: 'each task’s fine-tuned model', accuracy: await each((m) => suite.tuned[m]!) },
        { name: 'simple average', accuracy: await merged('linear') },
        { name: 'task arithmetic, α 0.4', accuracy: await merged('task_arithmetic') },
        { name: 'TIES, 20 %, λ 1', accuracy: await merged('ties') },
        { name: `${onAll}, from the base`, accuracy: await control(tensors, suite, 0) },
        { name: `${onAll}, from the average`, accuracy: await control(tensors, suite, 1) },
      ];
    },
    /** A localizer at every density. */
    async rows(id: LocalizerId): Promise<LocalizerRow[]> {
      const rows: LocalizerRow[] = [];
      const find = createSearch(tensors, suite, id);
      for (const density of densities) {
        const begun = performance.now();
        const masks = await find(density);
        rows.push({
          localizer: id,
          density,
          seconds: (performance.now() - begun) / 1000,
          graft: await each((task) => graft(suite, masks[task]!, task)),
          merged: await together(await mergeSuite(suite, 'localize_and_stitch', masks)),
        });
      }
      return rows;
    },
  };
}

export type LocalizerId = keyof typeof localizers;

/**
 * Finds a mask for each task at a density: all at once where the localizer is joint, else one after another. Where the density
 * does not change how S moves, it moves once, and the masks of other densities are taken from its last snapshot.
 */
function createSearch(tensors: Tensors, { base, tuned, tasks, scope }: Suite, id: LocalizerId) {
  const localizer = localizers[id];
  const { form, defaults } = localizer;
  const { epochs = 1, batchSize = 16, learningRate = 0, l1 = 0 } = defaults ?? {};
  const shares = form.kind === 'logits' && form.start.share !== 'density';
  const kept = new Map<number, SnapshotStore>();

  const find = async (members: number[], density: number, seed: number): Promise<TaskMask[]> => {
    const input = (epochs: number): LocalizeInput => ({
      localizer,
      base: readerOf(base),
      budget: 'exact',
      scope: scope.map((info) => ({ base: info, tuned: members.map(() => info) })),
      masks: members.map((m) => ({ task: tasks[m]!, tuned: readerOf(tuned[m]!), density })),
      settings: { epochs, batchSize, learningRate: learningRate ?? 0, l1: l1 ?? 0, seed },
    });
    const host = (change: Partial<LocalizeHost>): LocalizeHost => ({
      ...hostOf(tensors),
      snapshots: memorySnapshots(),
      snapshotEveryMs: Infinity,
      ...change,
    });
    if (!shares) return (await localize(input(epochs), host({}))).masks;
    const [member = 0] = members;
    let snapshots = kept.get(member);
    if (!snapshots) {
      kept.set(member, (snapshots = memorySnapshots()));
      const stop = new AbortController();
      // Snapshots are taken between epochs: the last one is had by beginning one more.
      const onProgress = ({ epoch }: LiveState) => epoch === epochs && stop.abort();
      const change = { snapshots, snapshotEveryMs: 0, signal: stop.signal, onProgress };
      await localize(input(epochs + 1), host(change)).catch((thrown: unknown) => {
        if (!stop.signal.aborted) throw thrown;
      });
    }
    return (await localize(input(epochs), host({ snapshots }))).masks;
  };

  return async (density: number): Promise<TaskMask[]> => {
    if (form.kind === 'rank' && form.joint) return find([...tasks.keys()], density, 0);
    const found = [];
    // Random masks of different tasks are to differ.
    for (const m of tasks.keys())
      found.push(...(await find([m], density, form.kind === 'random' ? m : 0)));
    return found;
  };
}

/** What both searches and learners need of their surroundings. */
const hostOf = (tensors: Tensors) => ({
  tensors,
  signal,
  budgetBytes: 1e9,
  resumed: async () => undefined,
  onProgress: () => undefined,
});

/** The best mean accuracy of plain fine-tuning of the scope on all tasks' examples, over learning rates. */
async function control(tensors: Tensors, suite: Suite, from_average: 0 | 1): Promise<number> {
  const { base, tuned, tasks } = suite;
  const scope = suite.scope.map((info) => ({ base: info, tuned: tuned.map(() => info) }));
  const found = [];
  for (const learning_rate of rates) {
    const scratch = memoryScratch();
    const input = {
      scope,
      base: readerOf(base),
      tasks: tasks.map((task, m) => {
        const reader = readerOf(tuned[m]!);
        return { task, floats: task.blocks, tuned: reader, model: reader };
      }),
      parameters: tasks.map(() => ({ epochs: 6, learning_rate, from_average })),
      settings: { batchSize: 32, seed: 0 },
    };
    await fewShotLearner.run(input, { ...hostOf(tensors), scratch });
    const made = madeReader(scratch, scope);
    const weights = new Map(base);
    for (const info of suite.scope) weights.set(info.name, await readF32(made, info));
    const scores = [];
    for (const task of tasks.keys()) scores.push(await accuracyOf(tensors, suite, task, weights));
    found.push(mean(scores));
  }
  return Math.max(...found);
}

async function accuracyOf(tensors: Tensors, { tasks }: Suite, at: number, weights: WeightMap) {
  const reader = readerOf(weights);
  const source = createReaderSource(tensors, { model: reader, task: reader }, Infinity);
  const task = tasks[at]!;
  try {
    const { values, width } = await predict(tensors, task, task.test!, source, signal);
    return accuracy(argmaxRows(values, width), [...task.test!.labels]);
  } finally {
    source.close();
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
