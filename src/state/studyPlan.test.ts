import { describe, expect, it } from 'vitest';
import type { Recipe } from '../recipe/recipe.ts';
import type { LocalizerInfo } from '../api/localizing.ts';
import type { Score } from '../api/results.ts';
import type { MethodInfo } from '../api/methods.ts';
import {
  ownPoint,
  parseValues,
  shotsBlocked,
  studySeconds,
  usualPresets,
  variantRecipe,
  variantsOf,
} from './studyPlan.ts';

const localizer = (id: string, needs: LocalizerInfo['needs']): LocalizerInfo => ({
  ...{ id, label: id, summary: '', paper: null, needs, defaults: null, imageDefaults: null },
});
const localizers = [
  localizer('scaled', 'data'),
  localizer('joint', 'data of every task'),
  localizer('dataless', 'nothing'),
  localizer('random', 'nothing'),
];
const method: MethodInfo = {
  ...{ id: 'localize_and_stitch', label: '', summary: '', formula: '', passes: [] },
  paper: { title: '', url: '', section: '' },
  parameters: [
    { name: 'density', per: 'model', kind: 'share', default: 0.01, min: 0, max: 1, hint: '' },
  ],
  ...{
    defaultScope: 'blocks',
    masks: true,
    pinsPatches: true,
    learnsMasks: true,
    mergekit: null,
    needs: null,
    group: 'start',
  },
};
const recipe: Recipe = {
  merge_method: 'localize_and_stitch',
  base_model: 'base',
  models: [
    { model: 'a', data: { train: 'a/train', test: 'a/test' }, parameters: { density: 0.2 } },
    { model: 'b', data: { train: 'b/train', test: 'b/test' }, mask: 'm' },
  ],
  localize: { preset: 'scaled', budget: 'free', shots: 64, seed: 3, epochs: 4 },
  dtype: 'float32',
  out_dtype: 'base',
};
const scores: Score[] = [{ model: 'merged', task: 'a', metric: 'accuracy', value: 0.5, n: 10 }];

describe('values of a study', () => {
  it('are read as percent or examples, each once and ascending', () => {
    expect(parseValues('density', '5, 0.5 %; 40%\n5')).toEqual([0.005, 0.05, 0.4]);
    expect(parseValues('density', '2.3 7')).toEqual([0.023, 0.07]);
    expect(parseValues('shots', '64 8 16')).toEqual([8, 16, 64]);
  });

  it('are refused in a sentence that names the one that is wrong', () => {
    expect(parseValues('density', '5, 0')).toMatch(/^“0” is no density/);
    expect(parseValues('density', '101')).toMatch(/at most 100/);
    expect(parseValues('density', 'ten')).toMatch(/^“ten”/);
    expect(parseValues('density', ' , ')).toBe('Give a density.');
    expect(parseValues('shots', '8, 2.5')).toMatch(/^“2.5” is no number of examples/);
    expect(parseValues('shots', Array.from({ length: 25 }, (_, i) => i + 1).join())).toMatch(
      /at most 24/,
    );
  });
});

describe('variants of a recipe', () => {
  it('go value by value', () => {
    expect(variantsOf('density', ['x', 'y'], [0.1, 0.2]).map((v) => [v.preset, v.value])).toEqual([
      ['x', 0.1],
      ['y', 0.1],
      ['x', 0.2],
      ['y', 0.2],
    ]);
  });

  it('set one exact density for all models and find every mask anew', () => {
    const next = variantRecipe(recipe, { vary: 'density', preset: 'scaled', value: 0.05 });
    expect(next.parameters).toEqual({ density: 0.05 });
    expect(next.models.map(({ mask, parameters }) => [mask, parameters])).toEqual([
      [undefined, undefined],
      [undefined, undefined],
    ]);
    expect(next.localize).toEqual({ ...recipe.localize, budget: 'exact' });
    expect(next.evaluate).toEqual(['accuracy']);
  });

  it('take another localizer with its own numbers, the same shots and seed', () => {
    const next = variantRecipe(recipe, { vary: 'density', preset: 'dataless', value: 0.05 });
    expect(next.localize).toEqual({ preset: 'dataless', budget: 'exact', shots: 64, seed: 3 });
  });

  it('set the shots and leave densities and budget as they are', () => {
    const next = variantRecipe(recipe, { vary: 'shots', preset: 'scaled', value: 8 });
    expect(next.localize).toEqual({ ...recipe.localize, shots: 8 });
    expect(next.models[0]?.parameters).toEqual({ density: 0.2 });
    expect(next.models[1]?.mask).toBeUndefined();
  });
});

describe('localizers of a study', () => {
  it('are the recipe’s own and those that need no data', () => {
    expect(usualPresets(recipe, localizers)).toEqual(['scaled', 'dataless', 'random']);
    const untrained = {
      ...recipe,
      models: recipe.models.map((each) => ({ ...each, data: { test: 't' } })),
    };
    expect(usualPresets(untrained, localizers)).toEqual(['dataless', 'random']);
    expect(shotsBlocked(untrained, localizers)).toBe('Needs training data for a model.');
  });

  it('look at examples, or there is nothing to vary', () => {
    expect(shotsBlocked(recipe, localizers)).toBeNull();
    const localize = { ...recipe.localize!, preset: 'random' };
    expect(shotsBlocked({ ...recipe, localize }, localizers)).toBe(
      '“random” looks at no examples.',
    );
  });
});

describe('the point of the run itself', () => {
  const plain: Recipe = {
    ...recipe,
    models: recipe.models.map(({ model, data }) => ({ model, data: data! })),
    localize: { ...recipe.localize!, budget: 'exact' },
    parameters: { density: 0.1 },
  };

  it('counts where the run is one of the variants', () => {
    expect(ownPoint({ recipe: plain }, { scores }, method, 'density')).toEqual({
      ...{ vary: 'density', preset: 'scaled', value: 0.1, scores },
    });
    expect(ownPoint({ recipe: plain }, { scores }, method, 'shots')?.value).toBe(64);
  });

  it('does not count with other densities, budgets, shots or masks', () => {
    const of = (changed: Partial<Recipe>, vary: 'density' | 'shots' = 'density') =>
      ownPoint({ recipe: { ...plain, ...changed } }, { scores }, method, vary);
    const [a, b] = plain.models;
    expect(of({ models: [{ ...a!, parameters: { density: 0.2 } }, b!] })).toBeNull();
    expect(of({ models: [a!, { ...b!, mask: 'm' }] })).toBeNull();
    expect(of({ localize: recipe.localize! })).toBeNull();
    expect(of({ localize: { ...recipe.localize!, shots: 'all' } }, 'shots')).toBeNull();
    expect(ownPoint({ recipe: plain }, { scores: [] }, method, 'density')).toBeNull();
  });
});

describe('the time of a study', () => {
  it('counts searches only for localizers that search', () => {
    const variants = variantsOf('density', ['scaled', 'dataless'], [0.1, 0.2]);
    const mask = { model: '', mask: '', preset: 'scaled', density: 0, seconds: 10 };
    const localized = [{ ...mask, steps: 1, losses: [], reused: true }];
    const seconds = { localize: 0, merge: 1, evaluate: 2 };
    expect(studySeconds(variants, localizers, { seconds, localized })).toBe(4 * 3 + 2 * 10);
  });
});
