import { expect, it } from 'vitest';
import { openNodeTensors } from '../../test/nodeTensors.ts';
import { crossEntropy } from '../../models/task.ts';
import { methods } from '../../merge/methods/registry.ts';
import { planMerge } from '../../merge/plan.ts';
import type { Recipe, TaskData } from '../../recipe/recipe.ts';
import { dataFinder } from '../../storage/dataSets.ts';
import { learn } from './learn.ts';
import type { RunTools } from '../runTools.ts';
import type { PreparedTask } from '../../tasks/preparedTask.ts';
import type { JobControl } from '../../jobs/jobs.ts';

/** A language model's task: it has no classes. */
const prepared: PreparedTask = {
  ...{ name: 'stories', tower: [], labels: [], tokens: 8, train: null, test: null, examples: 0 },
  ...{ metrics: [], notes: [], measure: () => NaN, loss: crossEntropy },
  about: {
    reading: '',
    counts: [],
    example: '',
    trainExamples: 0,
  },
  head: async () => ({ id: 'head', tensors: [], forward: (_, __, x) => x! }),
};

const tools: RunTools = {
  tensors: openNodeTensors,
  prepared: async () => prepared,
  budgetBytes: async () => 0,
  close: async () => undefined,
};

/** Begins to learn for a method that is given these data of its two models. */
function begin(method: keyof typeof methods, first?: TaskData, second?: TaskData) {
  const recipe: Recipe = {
    ...{ merge_method: method, base_model: 'base', dtype: 'float32', out_dtype: 'base' },
    models: [
      { model: 'first', ...(first && { data: first }) },
      { model: 'second', ...(second && { data: second }) },
    ],
  };
  const control = { signal: new AbortController().signal, resumed: async () => undefined };
  return learn(
    {
      id: 'run',
      recipe,
      checkpoints: [],
      findData: dataFinder(),
      plan: planMerge([], recipe, methods[method], 32),
      control: control as JobControl,
      tools,
      step: () => undefined,
    },
    async () => {
      throw new Error('There is nothing to elect.');
    },
  );
}

it.each([
  'adamerging',
  'adamerging_plus_plus',
  'adamerging_supervised',
  'fisher',
  'regmean',
  'regmean_plus_plus',
  'few_shot',
] as const)('%s names the models that have no training data', async (method) => {
  await expect(begin(method, { train: 'texts' })).rejects.toMatchObject({
    kind: 'Incompatible',
    message: `${methods[method].label} learns from examples of every task, and there are no training data for “second”. Add data, or choose another method.`,
  });
});

it('needs no data where nothing is learned', async () => {
  expect(await begin('ties')).toBeNull();
});
