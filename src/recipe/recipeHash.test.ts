import { expect, test } from 'vitest';
import type { Recipe } from './recipe.ts';
import { recipeHash } from './recipeHash.ts';

const recipe: Recipe = {
  merge_method: 'ties',
  base_model: 'base',
  models: [{ model: 'a', parameters: { weight: 1, density: 0.2 } }],
  dtype: 'float32',
  out_dtype: 'base',
};

test('is the SHA-256 of the JSON with sorted keys', async () => {
  // sha256sum of {"inputs":["00","11"],"recipe":{"base_model":"base","dtype":"float32",
  // "merge_method":"ties","models":[{"model":"a","parameters":{"density":0.2,"weight":1}}],
  // "out_dtype":"base"}}, without the line breaks and the spaces before them.
  expect(await recipeHash(recipe, ['00', '11'])).toBe(
    '62bf5fb34d80e06de0276f9d1dbc1454cd1d48ea559ab94999cd3ac5adb6ea88',
  );
});

test('does not depend on the order of keys, but on every value and on the inputs', async () => {
  const id = await recipeHash(recipe, ['00', '11']);
  const reordered = Object.fromEntries(Object.entries(recipe).reverse()) as typeof recipe;
  expect(await recipeHash(reordered, ['00', '11'])).toBe(id);
  expect(await recipeHash({ ...recipe, scope: 'all' }, ['00', '11'])).not.toBe(id);
  expect(await recipeHash(recipe, ['11', '00'])).not.toBe(id);
});
