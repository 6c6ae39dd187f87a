import { expect, test } from 'vitest';
import type { Recipe } from '../recipe/recipe.ts';
import { takeHomeRecipe } from './takeHome.ts';

const data = { train: 'a/train.png', test: 'a/test.png' };
const recipe: Recipe = {
  merge_method: 'ties',
  base_model: 'base',
  models: [
    { model: 'a', parameters: { density: 0.3 }, mask: 'f00', data },
    { model: 'b', data },
    { model: 'c' },
  ],
  parameters: { lambda: 0.5 },
  evaluate: ['accuracy'],
  ...{ dtype: 'float32', out_dtype: 'float32' },
};

test('the largest changes need no data, so that nothing is searched', () => {
  expect(takeHomeRecipe(recipe, ['a', 'c'], false, 0.02)).toEqual({
    merge_method: 'localize_and_stitch',
    base_model: 'base',
    models: [{ model: 'a' }, { model: 'c' }],
    parameters: { density: 0.02 },
    dtype: 'float32',
    out_dtype: 'base',
  });
});

test('masks found together take the data of every model', () => {
  expect(takeHomeRecipe({ ...recipe, scope: 'all' }, ['b', 'a'], true, 0.05)).toEqual({
    merge_method: 'localize_and_stitch',
    base_model: 'base',
    models: [
      { model: 'a', data },
      { model: 'b', data },
    ],
    parameters: { density: 0.05 },
    localize: { preset: 'joint', budget: 'exact', shots: 16, seed: 0 },
    scope: 'all',
    dtype: 'float32',
    out_dtype: 'base',
  });
});
