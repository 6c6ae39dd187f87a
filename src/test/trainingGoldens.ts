import { beforeAll, expect, it } from 'vitest';
import { createCpuCompute } from '../gpu/cpu.ts';
import type { Tensors } from '../gpu/tensors.ts';
import { memoryScratch } from '../scope/scopeArrays.ts';
import { infoOf, readerOf } from './localizeGoldens.ts';
import { freshJournal } from '../merge/journal.ts';
import { keptPositions } from '../merge/keptPositions.ts';
import { adaMergingPlusPlus } from '../merge/methods/adaMergingPlusPlus/adaMergingPlusPlus.ts';
import { planMerge } from '../merge/plan.ts';
import type { Parameters } from '../recipe/parameters.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { deep } from '../test/deep.ts';
import { entropyLearner, supervisedLearner } from '../training/adaMerging.ts';
import { fewShotLearner } from '../training/fewShot.ts';
import { fisherLearner } from '../training/fisher.ts';
import { given, hostOf, inputOf, made, names } from './trainingInput.ts';
import { madeReader } from '../training/made.ts';
import { regMeanLearner, regMeanPlusPlusLearner } from '../training/regMean.ts';
import told from '../training/goldens/training.json';
import type { Learner, TrainingInput } from '../training/learner.ts';

/** What AdaMerging++ lets count of the task vectors. */
async function keptOf({ scope }: TrainingInput, { density }: { density: number }) {
  const planned = scope.map(({ base, tuned }) => {
    const role = {
      ...{ layer: null, stack: 0, block: false, buffer: false },
      component: 'other' as const,
    };
    return { tensor: base, role, fate: 'merged' as const, models: tuned };
  });
  const recipe: Recipe = {
    ...{ merge_method: 'adamerging_plus_plus', base_model: 'base', parameters: { density } },
    ...{ models: names.map((model) => ({ model })), dtype: 'float32', out_dtype: 'float32' },
  };
  const host = {
    ...{
      compute: createCpuCompute('test'),
      readers: [given, ...names.map(() => given)].map(readerOf),
    },
    ...{ signal: new AbortController().signal, onProgress: () => undefined },
    save: async () => undefined,
  };
  const plan = planMerge(planned, recipe, adaMergingPlusPlus, 352);
  return keptPositions(plan, host, freshJournal, memoryScratch());
}

const coefficientForms = [
  ['entropy', entropyLearner, 1e9],
  ['entropy', entropyLearner, 0],
  ['shared', entropyLearner, 1e9],
  ['labels', supervisedLearner, 1e9],
  ['elected', entropyLearner, 1e9],
  ['elected', entropyLearner, 0],
] as const;

const regMeanExamples = { examples: 60, alpha: 0.9 };

const madeForms = [
  ['fisher', fisherLearner, { examples: 40 }, 1e9],
  ['fisher', fisherLearner, { examples: 40 }, 0],
  ['regmean', regMeanLearner, regMeanExamples, 1e9],
  ['regmean_plus_plus', regMeanPlusPlusLearner, regMeanExamples, 1e9],
  ['few_shot0', fewShotLearner, { epochs: 2, learning_rate: 3e-4, from_average: 0 }, 1e9],
  ['few_shot_in_turn', fewShotLearner, { epochs: 2, learning_rate: 3e-4, in_turn: 1 }, 0],
  ['few_shot1', fewShotLearner, { epochs: 2, learning_rate: 3e-4, from_average: 1 }, 0],
] as const;

/** Runs the learners and compares what they learn with torch's. */
export function testLearners(open: () => Promise<Tensors>): void {
  let tensors: Tensors;
  beforeAll(async () => {
    tensors = await open();
  });

  it.each(coefficientForms)(
    'AdaMerging: %s comes to the coefficients of torch',
    async (form, learner, budgetBytes) => {
      const { values, losses, steps } = told.coefficients[form];
      const { weights, details } = await learn(tensors, form, learner, steps, budgetBytes);
      const far = values.flatMap((row, t) => {
        const name = given.told.scope[t]!;
        // A key's bias shifts all scores of a query alike: its gradient is 0 but for rounding, which Adam scales up.
        if (name.endsWith('key.bias')) return [];
        return row.some((x, u) => Math.abs(x - weights![t]![u]!) > 1e-3) ? [name] : [];
      });
      expect(far).toEqual([]);
      expect(details).toEqual(toldLosses(losses));
    },
    60_000,
  );

  it.each(madeForms)(
    'the weights of %s are those of torch',
    (...form) => compareMade(tensors, ...form),
    60_000,
  );

  it('stops when it is cancelled, and leaves nothing behind', async () => {
    const before = held(tensors);
    const controller = new AbortController();
    const run = entropyLearner.run(
      inputOf({ steps: 100, learning_rate: 0.01, layerwise: 1 }),
      hostOf(tensors, { signal: controller.signal, onProgress: () => controller.abort() }),
    );
    await expect(run).rejects.toMatchObject({ kind: 'Cancelled' });
    expect(held(tensors)).toEqual(before);
  });
}

/** The same for what a software adapter has time for: first losses, and weights made on the way forward. */
export function testFirstSteps(open: () => Promise<Tensors>): void {
  let tensors: Tensors;
  beforeAll(async () => {
    tensors = await open();
  }, 60_000);

  it('AdaMerging has the first losses of torch', async () => {
    const { details } = await learn(tensors, 'entropy', entropyLearner, 3, 1e9);
    expect(details).toEqual(toldLosses(told.coefficients.entropy.losses.slice(0, 3)));
  });

  if (deep)
    it('the weights of RegMean++ are those of torch', () =>
      compareMade(tensors, 'regmean_plus_plus', regMeanPlusPlusLearner, regMeanExamples, 1e9));
}

const held = ({ tf, compute }: Tensors) => [tf.memory().numTensors, compute.liveBuffers];

const toldLosses = (losses: readonly number[]) =>
  losses.map((loss) => `loss ${loss.toPrecision(3)}`);

/** Learns coefficients, leaves nothing behind, and returns them with the details of progress. */
async function learn(
  tensors: Tensors,
  form: keyof typeof told.coefficients,
  learner: Learner,
  steps: number,
  budgetBytes: number,
) {
  const { rate, layerwise } = told.coefficients[form];
  const input = inputOf({ steps, learning_rate: rate, layerwise });
  if (form === 'elected') input.kept = await keptOf(input, told.coefficients[form]);
  const before = held(tensors);
  const details: string[] = [];
  const onProgress = (_: number, __: number, detail: string) => details.push(detail);
  const { weights } = await learner.run(input, hostOf(tensors, { budgetBytes, onProgress }));
  expect(held(tensors)).toEqual(before);
  return { weights, details };
}

async function compareMade(
  tensors: Tensors,
  form: keyof typeof tolerance,
  learner: Learner,
  parameters: Parameters,
  budgetBytes: number,
): Promise<void> {
  const before = held(tensors);
  const input = inputOf(parameters);
  const scratch = memoryScratch();
  const host = hostOf(tensors, { budgetBytes, scratch });
  expect((await learner.run(input, host)).made).toBe(true);
  expect(held(tensors)).toEqual(before);
  const reader = madeReader(scratch, input.scope);
  for (const { base } of input.scope) {
    const wanted = infoOf(made, `${form}/${base.name}`, base.name);
    const { buffer } = made.bytes.slice(wanted.start, wanted.end);
    const bytes = await reader.read(base, 0, wanted.end - wanted.start);
    expect(
      farthest(new Float32Array(bytes.buffer), new Float32Array(buffer), base.name),
    ).toBeLessThan(tolerance[form]);
  }
}

/** Largest difference of two tensors, relative to the largest value. */
function farthest(a: Float32Array, b: Float32Array, name: string): number {
  // A key's bias has no gradient but rounding, which Adam scales up.
  if (name.endsWith('key.bias')) return 0;
  const scale = b.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return a.reduce((most, x, k) => Math.max(most, Math.abs(x - b[k]!)), 0) / scale;
}

const tolerance = {
  fisher: 1e-5,
  regmean: 1e-5,
  regmean_plus_plus: 1e-5,
  few_shot0: 1e-3,
  few_shot_in_turn: 1e-3,
  few_shot1: 1e-3,
};
