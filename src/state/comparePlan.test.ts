import { describe, expect, it } from 'vitest';
import type { Recipe } from '../recipe/recipe.ts';
import type { LocalizerInfo } from '../api/localizing.ts';
import type { MethodInfo } from '../api/methods.ts';
import { contendersOf, onTraining, sweepContenders, tuningBlocked } from './comparePlan.ts';

const info = (id: string, rest: Partial<MethodInfo> = {}): MethodInfo => ({
  ...{
    id,
    label: id,
    summary: '',
    formula: '',
    passes: [],
    paper: { title: '', url: '' },
    parameters: [],
  },
  ...{
    defaultScope: 'all',
    masks: false,
    pinsPatches: false,
    learnsMasks: false,
    mergekit: null,
    needs: null,
    group: 'start',
    ...rest,
  },
});
const lambda = {
  name: 'lambda',
  per: 'merge',
  kind: 'number',
  default: 1,
  min: 0,
  max: 2,
  grid: [0.3, 1],
} as const;
const weight = { ...lambda, name: 'weight', per: 'model', grid: undefined } as const;
const methods = [
  info('stitch', { learnsMasks: true }),
  info('ties', {
    parameters: [
      { ...weight, hint: '' },
      { ...lambda, hint: '' },
    ],
  }),
  info('slerp', { models: [2, 2] }),
  info('wudi', { parameters: [{ ...lambda, hint: '', name: 'learning_rate' }] }),
  info('learner', { needs: 'Examples of every task.' }),
];
const localizer = (id: string, needs: LocalizerInfo['needs']): LocalizerInfo => ({
  ...{ id, label: id, summary: '', paper: null, needs, defaults: null, imageDefaults: null },
});
const localizers = [localizer('scaled', 'data'), localizer('dataless', 'nothing')];
const data = (name: string) => ({ train: `${name}/train`, test: `${name}/test` });
const recipe: Recipe = {
  merge_method: 'ties',
  base_model: 'base',
  models: ['a', 'b', 'c'].map((model) => ({ model, data: data(model) })),
  parameters: { density: 0.3 },
  dtype: 'float32',
  out_dtype: 'base',
};

describe('the contenders of a recipe', () => {
  const found = contendersOf(recipe, methods, localizers);
  const of = (id: string) => found.find((each) => each.id === id)!;

  it('are all methods, and all localizers, those that go by weights alone first', () => {
    expect(found.map(({ id }) => id)).toEqual([
      ...['stitch/dataless', 'ties', 'slerp', 'wudi', 'learner', 'stitch/scaled'],
    ]);
    expect(found.map(({ kind }) => kind)).toEqual([
      ...['weights', 'weights', 'weights', 'weights', 'learned', 'masks'],
    ]);
  });

  it('keep the parameters of the method on the table alone, and are measured by accuracy', () => {
    expect(of('ties').recipe).toEqual({ ...recipe, evaluate: ['accuracy'] });
    expect(of('slerp').recipe.parameters).toBeUndefined();
    expect(of('slerp').recipe).toMatchObject({ merge_method: 'slerp', models: recipe.models });
    expect(of('stitch/dataless').recipe.localize?.preset).toBe('dataless');
    const wholes = contendersOf({ ...recipe, density_of: 'model' }, methods, localizers);
    expect(wholes.flatMap(({ id, recipe }) => (recipe.density_of ? id : []))).toEqual(['ties']);
  });

  it('tell why one cannot merge these models', () => {
    expect(of('slerp').blocked).toBe('Takes exactly 2 models; there are 3.');
    expect(of('ties').blocked).toBeNull();
    const bare = { ...recipe, models: recipe.models.map(({ model }) => ({ model })) };
    const scaled = contendersOf(bare, methods, localizers).at(-1);
    expect(scaled?.blocked).toBe('Needs training data for a model.');
    expect(of('learner').blocked).toBeNull();
    const [first, ...rest] = recipe.models;
    const partly = { ...recipe, models: [{ model: first!.model }, ...rest] };
    const learner = contendersOf(partly, methods, localizers).find(({ id }) => id === 'learner');
    expect(learner?.blocked).toBe('Needs training data for every model.');
  });
});

it('takes each of many recipes by its name', () => {
  const stitch = { ...recipe, merge_method: 'stitch' };
  const found = sweepContenders(
    [
      {
        ...{ name: 'SLERP at 0.1', way: '', values: {} },
        recipe: { ...recipe, merge_method: 'slerp' },
      },
      { ...{ name: 'shots 8', way: '', values: {} }, recipe: stitch },
    ],
    methods,
    localizers,
  );
  expect(found.map(({ label }) => label)).toEqual(['SLERP at 0.1', 'shots 8']);
  expect(found.map(({ blocked }) => blocked)).toEqual([
    'Takes exactly 2 models; there are 3.',
    null,
  ]);
  expect(found.map(({ kind }) => kind)).toEqual(['weights', 'masks']);
});

describe('tuning', () => {
  const gridOf = (of: Recipe, method: string) =>
    contendersOf(of, methods, localizers).find(({ id }) => id === method)?.grid ?? [];

  it('weighs models alike unless the recipe weighs them', () => {
    const [at, most] = gridOf(recipe, 'ties');
    expect(at?.values).toEqual({ 'parameters.lambda': 0.3 });
    expect(at?.recipe.parameters).toEqual({ density: 0.3, weight: 1, lambda: 0.3 });
    expect(most?.recipe.parameters).toEqual({ density: 0.3, weight: 1, lambda: 1 });
    const weighed = { ...recipe, models: [{ model: 'a', parameters: { weight: 2 } }] };
    const [own] = gridOf(weighed, 'ties');
    expect(own?.recipe.parameters).toEqual({ density: 0.3, lambda: 0.3 });
    expect(own?.recipe.models).toEqual(weighed.models);
  });

  it('sets the one parameter of a method that has values to try', () => {
    const [at] = gridOf(recipe, 'wudi');
    expect(at?.values).toEqual({ 'parameters.learning_rate': 0.3 });
    expect(at?.recipe.parameters).toEqual({ learning_rate: 0.3 });
    expect(gridOf(recipe, 'slerp')).toEqual([]);
  });

  it('measures on training examples, of which every model needs some', () => {
    expect(onTraining(recipe).models[1]?.data?.test).toBe('b/train');
    expect(tuningBlocked(recipe)).toBeNull();
    const [first, ...rest] = recipe.models;
    const bare = { ...recipe, models: [{ model: first!.model }, ...rest] };
    expect(tuningBlocked(bare)).toMatch(/training data for every model/);
  });
});
