import { beforeAll, describe, expect, it } from 'vitest';
import { createCpuCompute } from '../gpu/cpu.ts';
import { openNodeTensors } from '../gpu/nodeTensors.ts';
import type { Tensors } from '../gpu/tensors.ts';
import { memoryScratch } from '../localize/arrays.ts';
import { infoOf, readerOf } from '../localize/goldenTests.ts';
import { freshJournal } from '../merge/journal.ts';
import { keptPositions } from '../merge/keptPositions.ts';
import { adaMergingPlusPlus } from '../merge/methods/adaMergingPlusPlus.ts';
import { planMerge } from '../merge/plan.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { entropyLearner, supervisedLearner } from './adaMerging.ts';
import { fewShotLearner } from './fewShot.ts';
import { fisherLearner } from './fisher.ts';
import { given, hostOf, inputOf, names, openGoldens } from './goldenInput.ts';
import { madeReader } from './made.ts';
import { regMeanLearner, regMeanPlusPlusLearner } from './regMean.ts';
import told from './goldens/training.json';
import type { TrainingInput } from './learner.ts';

let tensors: Tensors;
beforeAll(async () => {
  tensors = await openNodeTensors();
});

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

describe('AdaMerging', () => {
  const forms = [
    ['entropy', entropyLearner, 1e9],
    ['entropy', entropyLearner, 0],
    ['shared', entropyLearner, 1e9],
    ['labels', supervisedLearner, 1e9],
    ['elected', entropyLearner, 1e9],
    ['elected', entropyLearner, 0],
  ] as const;

  it.each(forms)(
    '%s comes to the coefficients of torch',
    async (form, learner, budgetBytes) => {
      const { values, losses, steps, rate, layerwise } = told.coefficients[form];
      const input = inputOf({ steps, learning_rate: rate, layerwise });
      if (form === 'elected') input.kept = await keptOf(input, told.coefficients[form]);
      const before = [tensors.tf.memory().numTensors, tensors.compute.liveBuffers];
      const details: string[] = [];
      const { weights } = await learner.run(
        input,
        hostOf(tensors, { budgetBytes, onProgress: (_, __, detail) => details.push(detail) }),
      );
      const far = values.flatMap((row, t) => {
        const name = given.told.scope[t]!;
        // A key's bias shifts all scores of a query alike: its gradient is 0 but for rounding, which Adam scales up.
        if (name.endsWith('key.bias')) return [];
        return row.some((x, u) => Math.abs(x - weights![t]![u]!) > 1e-3) ? [name] : [];
      });
      expect(far).toEqual([]);
      expect(details).toEqual(losses.map((loss) => `loss ${loss.toPrecision(3)}`));
      expect([tensors.tf.memory().numTensors, tensors.compute.liveBuffers]).toEqual(before);
    },
    60_000,
  );

  it('stops when it is cancelled, and leaves nothing behind', async () => {
    const before = [tensors.tf.memory().numTensors, tensors.compute.liveBuffers];
    const controller = new AbortController();
    const run = entropyLearner.run(
      inputOf({ steps: 100, learning_rate: 0.01, layerwise: 1 }),
      hostOf(tensors, { signal: controller.signal, onProgress: () => controller.abort() }),
    );
    await expect(run).rejects.toMatchObject({ kind: 'Cancelled' });
    expect([tensors.tf.memory().numTensors, tensors.compute.liveBuffers]).toEqual(before);
  });
});

const made = await openGoldens('./goldens', 'training.safetensors');

describe('weights that are made', () => {
  const forms = [
    ['fisher', fisherLearner, { examples: 40 }, 1e9],
    ['fisher', fisherLearner, { examples: 40 }, 0],
    ['regmean', regMeanLearner, { examples: 60, alpha: 0.9 }, 1e9],
    ['regmean_plus_plus', regMeanPlusPlusLearner, { examples: 60, alpha: 0.9 }, 1e9],
    ['few_shot0', fewShotLearner, { epochs: 2, learning_rate: 3e-4, from_average: 0 }, 1e9],
    ['few_shot1', fewShotLearner, { epochs: 2, learning_rate: 3e-4, from_average: 1 }, 0],
  ] as const;

  it.each(forms)(
    '%s are those of torch',
    async (form, learner, parameters, budgetBytes) => {
      const before = [tensors.tf.memory().numTensors, tensors.compute.liveBuffers];
      const input = inputOf(parameters);
      const scratch = memoryScratch();
      const host = hostOf(tensors, { budgetBytes, scratch });
      expect((await learner.run(input, host)).made).toBe(true);
      expect([tensors.tf.memory().numTensors, tensors.compute.liveBuffers]).toEqual(before);
      const reader = madeReader(scratch, input.scope);
      for (const { base } of input.scope) {
        const wanted = infoOf({ ...given, ...made }, `${form}/${base.name}`, base.name);
        const { buffer } = made.bytes.slice(wanted.start, wanted.end);
        const bytes = await reader.read(base, 0, wanted.end - wanted.start);
        expect(
          farthest(new Float32Array(bytes.buffer), new Float32Array(buffer), base.name),
        ).toBeLessThan(tolerance[form]);
      }
    },
    60_000,
  );
});

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
  few_shot1: 1e-3,
};
