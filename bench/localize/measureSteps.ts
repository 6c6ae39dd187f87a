import type { Tensors } from '../../src/gpu/tensors.ts';
import { memoryScratch, type Scratch } from '../../src/scope/scopeArrays.ts';
import { localize } from '../../src/localize/localize.ts';
import type { LocalizeHost, LocalizeInput } from '../../src/localize/contract.ts';
import { localizers } from '../../src/localize/localizers/registry.ts';
import { watchPeak } from '../../src/test/watchPeak.ts';
import { createPlainStep } from './plainStep.ts';
import { createStepModel, type StepModel, type StepShape } from './stepModel.ts';

/** What is timed: a localizer whose weights and mask state stay, or stream through a scratch. */
export interface StepKind {
  localizer: 'scaled' | 'joint';
  tasks: number;
  streaming: boolean;
}

/** Medians in seconds over `steps` steps, those of plain fine-tuning taken in turn with those of localizing. */
export interface StepFigures extends StepKind {
  seconds: number;
  plainSeconds: number;
  /** Median over pairs of neighbouring steps. */
  ratio: number;
  steps: number;
}

const warmUp = 2;

/** Runs until `steps` are done; `before` precedes each, `after` follows it. */
async function run(
  tensors: Tensors,
  model: StepModel,
  { localizer, streaming }: StepKind,
  { steps, batch }: { steps: number; batch: number },
  scratch: Scratch,
  [before, after]: [() => Promise<void>, () => void],
): Promise<void> {
  const stop = new AbortController();
  const refuse = () => Promise.reject(new Error('Nothing is resumed here.'));
  let done = 0;
  const host: LocalizeHost = {
    ...{ tensors, scratch, signal: stop.signal, resumed: before },
    budgetBytes: streaming ? 0 : 2 ** 40,
    onProgress() {
      after();
      if (++done === steps) stop.abort();
    },
    snapshots: { read: async () => null, part: refuse, put: refuse, commit: refuse },
    snapshotEveryMs: Infinity,
  };
  const { learningRate, l1 } = { learningRate: 0, l1: 0, ...localizers[localizer].defaults };
  const input: LocalizeInput = {
    localizer: localizers[localizer],
    ...{ scope: model.scope, base: model.base, budget: 'exact' },
    masks: model.tuned.map((tuned) => ({ task: model.task, tuned, density: 0.05 })),
    settings: {
      epochs: steps,
      batchSize: batch,
      learningRate: learningRate ?? 0,
      l1: l1 ?? 0,
      seed: 0,
    },
  };
  try {
    await localize(input, host);
  } catch (thrown) {
    if (!stop.signal.aborted) throw thrown;
  }
}

/** Steps of one kind, and of plain fine-tuning of the same model and batch size, A B A B …. */
export async function measureSteps(
  tensors: Tensors,
  shape: StepShape,
  kind: StepKind,
  steps: number,
  scratch = memoryScratch(),
): Promise<StepFigures> {
  const model = createStepModel(shape, kind.tasks);
  const plain = await createPlainStep(tensors, model);
  const rows = Array.from({ length: shape.batch }, (_, i) => i);
  const pairs: [number, number][] = [];
  let started = 0;
  let peer = 0;
  const before = async () => {
    const begun = performance.now();
    await plain.step(rows);
    started = performance.now();
    peer = (started - begun) / 1000;
  };
  const after = () => void pairs.push([(performance.now() - started) / 1000, peer]);
  const plan = { steps: steps + warmUp, batch: shape.batch };
  await run(tensors, model, kind, plan, scratch, [before, after]);
  plain.close();
  pairs.splice(0, warmUp);
  return {
    ...kind,
    seconds: median(pairs.map(([mine]) => mine)),
    plainSeconds: median(pairs.map(([, other]) => other)),
    ratio: median(pairs.map(([mine, other]) => mine / other)),
    steps: pairs.length,
  };
}

/** Most bytes of tensors and buffers in two steps that stream, above those before. */
export async function measurePeak(
  tensors: Tensors,
  shape: StepShape,
  kind: StepKind,
  scratch = memoryScratch(),
): Promise<number> {
  const model = createStepModel(shape, kind.tasks);
  const peak = watchPeak(tensors);
  const hooks: [() => Promise<void>, () => void] = [async () => undefined, () => undefined];
  await run(tensors, model, kind, { steps: 2, batch: shape.batch }, scratch, hooks);
  return peak.stop();
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}
