import { expect, it } from 'vitest';
import type { MethodInfo } from '../api/methods.ts';
import {
  includeModel,
  isNoEmbeddings,
  newRecipe,
  noEmbeddings,
  setForAll,
  setForModel,
  setScope,
  valueFor,
} from './recipeEdit.ts';

const method: MethodInfo = {
  id: 'localize_and_stitch',
  label: 'Localize and stitch',
  summary: '',
  formula: '',
  passes: [],
  paper: { title: '', url: '', section: '' },
  parameters: [
    { name: 'density', per: 'model', kind: 'share', default: 0.05, min: 0, max: 1, hint: '' },
  ],
  defaultScope: 'blocks',
  masks: true,
  pinsPatches: true,
  learnsMasks: true,
  mergekit: null,
  needs: null,
  group: 'start',
};
const recipe = newRecipe('localize_and_stitch', 'base', ['a', 'b']);

it('takes a value from the model, then the recipe, then the method', () => {
  expect(valueFor(recipe, method, 'density', 'a')).toBe(0.05);
  const shared = setForAll(recipe, 'density', 0.1);
  expect(valueFor(shared, method, 'density', 'a')).toBe(0.1);
  const own = setForModel(shared, 'a', 'density', 0.2);
  expect(valueFor(own, method, 'density', 'a')).toBe(0.2);
  expect(valueFor(own, method, 'density', 'b')).toBe(0.1);
});

it('forgets the values of single models when one is set for all', () => {
  const own = setForModel(setForModel(recipe, 'a', 'density', 0.2), 'a', 'weight', 2);
  expect(setForAll(own, 'density', 0.3)).toEqual({
    ...recipe,
    models: [{ model: 'a', parameters: { weight: 2 } }, { model: 'b' }],
    parameters: { density: 0.3 },
  });
});

it('puts a model back where it was in the order', () => {
  const without = includeModel(recipe, 'a', false, ['a', 'b']);
  expect(without.models).toEqual([{ model: 'b' }]);
  expect(includeModel(without, 'a', true, ['a', 'b']).models).toEqual(recipe.models);
  expect(includeModel(recipe, 'c', true, ['a', 'b', 'c']).models.at(-1)).toEqual({ model: 'c' });
});

it('leaves the scope to the method when none is set', () => {
  expect(setScope({ ...recipe, scope: 'all' }, undefined)).toEqual(recipe);
  expect(setScope(recipe, 'blocks').scope).toBe('blocks');
});

it('knows a scope without embeddings again', () => {
  for (const architecture of ['gpt2', 'vit', 'roberta', null])
    expect(isNoEmbeddings(noEmbeddings(architecture))).toBe(true);
  expect(isNoEmbeddings('all')).toBe(false);
  expect(isNoEmbeddings({ exclude: ['*'] })).toBe(false);
  expect(isNoEmbeddings(undefined)).toBe(false);
});
