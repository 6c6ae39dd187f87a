import { describe, expect, it } from 'vitest';
import type { Recipe } from '../recipe/recipe.ts';
import type { LocalizerInfo } from '../api/localizing.ts';
import type { MethodInfo } from '../api/methods.ts';
import {
  choosePreset,
  dropMasks,
  keepMasks,
  localizerBlocked,
  localizesWithData,
  maskStatus,
  removeData,
  setData,
  setLocalize,
  toggleMetric,
} from './localizeEdit.ts';
import { includeModel, newRecipe, setForAll, setForModel } from './recipeEdit.ts';

const method: MethodInfo = {
  id: 'localize_and_stitch',
  label: '',
  summary: '',
  formula: '',
  passes: [],
  paper: { title: '', url: '', section: '' },
  parameters: [
    { name: 'density', per: 'model', kind: 'share', default: 0.01, min: 0, max: 1, hint: '' },
  ],
  defaultScope: 'blocks',
  masks: true,
  pinsPatches: true,
  learnsMasks: true,
  mergekit: null,
  needs: null,
  group: 'start',
};
const joint: LocalizerInfo = {
  id: 'joint',
  label: 'Joint',
  summary: '',
  paper: null,
  needs: 'data of every task',
  defaults: null,
  imageDefaults: null,
};
const bare = newRecipe('localize_and_stitch', 'base', ['a', 'b']);
const data = { train: 'a/train.jsonl', test: 'a/test.jsonl' };
const withA = setData(bare, 'a', data);
const both = setData(withA, 'b', { train: 'b/train.jsonl' });
const masked: Recipe = keepMasks(both, [
  {
    ...{ model: 'a', mask: 'm1', preset: 'joint', density: 0.01 },
    ...{ seconds: 1, steps: 1, losses: [], reused: false },
  },
]);

describe('data of a model', () => {
  it('brings with it how to localize and what to measure, once', () => {
    expect(withA.localize).toEqual({ preset: 'scaled', budget: 'exact', shots: 64, seed: 0 });
    expect(withA.evaluate).toEqual(['accuracy']);
    expect(setData(withA, 'b', { test: 'b.txt', kind: 'next_token' }).evaluate).toEqual([
      'accuracy',
      'perplexity',
    ]);
    expect(setData(withA, 'a', data, 'f1').evaluate).toEqual(['accuracy', 'f1']);
  });

  it('takes both away with the last of them', () => {
    expect(removeData(withA, 'a')).toEqual(bare);
    expect(removeData(both, 'a').localize).toBeDefined();
    expect(removeData(both, 'a').evaluate).toBeUndefined();
  });

  it('makes a run localize with data where the method has masks', () => {
    expect(localizesWithData(bare, method)).toBe(false);
    expect(localizesWithData(withA, method)).toBe(true);
    expect(localizesWithData(withA, { ...method, learnsMasks: false })).toBe(false);
    expect(localizesWithData(setData(bare, 'a', { test: 'x' }), method)).toBe(false);
  });

  it('stays when parameters change, and comes back with the model', () => {
    const changed = setForModel(setForAll(withA, 'density', 0.1), 'a', 'density', 0.2);
    expect(changed.models[0]).toEqual({ model: 'a', data, parameters: { density: 0.2 } });
    const entry = withA.models[0];
    const without = includeModel(withA, 'a', false, ['a', 'b']);
    expect(includeModel(without, 'a', true, ['a', 'b'], entry)).toEqual(withA);
  });
});

describe('how masks are found', () => {
  it('is set in part, and forgets numbers of another localizer', () => {
    const set = setLocalize(withA, { preset: 'paper', learning_rate: 10, seed: 3 });
    expect(set.localize).toEqual({
      ...{ preset: 'paper', budget: 'exact', shots: 64, seed: 3, learning_rate: 10 },
    });
    expect(setLocalize(set, { learning_rate: undefined }).localize).not.toHaveProperty(
      'learning_rate',
    );
    expect(choosePreset(set, 'hard').localize).toEqual({
      ...{ preset: 'hard', budget: 'exact', shots: 64, seed: 3 },
    });
  });

  it('offers joint when every model has data, and says what lacks otherwise', () => {
    expect(localizerBlocked(both, joint)).toBeNull();
    expect(localizerBlocked(withA, joint)).toBe('Needs training data for b too.');
    expect(localizerBlocked(bare, joint)).toBe('Needs training data for 2 more models.');
    expect(localizerBlocked(bare, { ...joint, needs: 'data' })).toBeNull();
  });

  it('measures nothing when no metric is left', () => {
    expect(toggleMetric(withA, 'f1', true).evaluate).toEqual(['accuracy', 'f1']);
    expect(toggleMetric(withA, 'accuracy', false)).not.toHaveProperty('evaluate');
  });
});

describe('masks kept from earlier', () => {
  it('are named in the recipe until all are asked for again', () => {
    expect(masked.models.map(({ mask }) => mask)).toEqual(['m1', undefined]);
    expect(dropMasks(masked)).toEqual(both);
  });

  it('go when the data or the density of their model changes', () => {
    expect(setData(masked, 'a', { train: 'other.csv' }).models[0]?.mask).toBeUndefined();
    expect(setForModel(masked, 'a', 'density', 0.5).models[0]?.mask).toBeUndefined();
    expect(setForAll(masked, 'density', 0.5).models[0]?.mask).toBeUndefined();
    expect(setForModel(masked, 'a', 'weight', 2).models[0]?.mask).toBe('m1');
  });
});

describe('whether a mask was found before', () => {
  const status = (recipe: Recipe, past = [both], localizer: LocalizerInfo | null = null) =>
    maskStatus(recipe, method, localizer, 'a', past);

  it('depends on the model, its training data and the settings alone', () => {
    expect(status(both)).toBe('localized');
    expect(status(includeModel(both, 'b', false, []))).toBe('localized');
    expect(status(setData(both, 'a', { ...data, test: 'x' }))).toBe('localized');
    expect(status(setLocalize(both, { seed: 1 }))).toBe('not yet');
    expect(status(setForModel(both, 'a', 'density', 0.5))).toBe('not yet');
    expect(status(setData(both, 'a', { train: 'x' }))).toBe('not yet');
    expect(status(both, [])).toBe('not yet');
  });

  it('depends on all models where they are localized together', () => {
    expect(status(both, [both], joint)).toBe('localized');
    expect(status(includeModel(both, 'b', false, []), [both], joint)).toBe('not yet');
  });

  it('is not asked where the recipe holds the mask, or there are no data', () => {
    expect(status(masked)).toBe('mask kept');
    expect(status(bare)).toBeNull();
  });
});
