import { expect, it } from 'vitest';
import type { LocalizedMask } from '../api/localizing.ts';
import { newRecipe } from './recipeEdit.ts';
import { familyTasks, toggleTask } from './taskFamily.ts';

const run = (id: string, models: string[], base = 'base') => ({
  id,
  recipe: newRecipe('localize_and_stitch', base, models),
});
const mask = (model: string): LocalizedMask => ({
  ...{ model, mask: `mask-${model}`, preset: 'joint', density: 0.01 },
  ...{ seconds: 1, steps: 1, losses: [], reused: false },
});
const three = run('three', ['a', 'b', 'c']);
const two = run('two', ['a', 'c']);

it('finds the tasks that merges onto the same base had, each once', () => {
  const family = familyTasks(two, [two, three, run('other', ['d'], 'another base')]);
  expect(family.map(({ model, included, run }) => [model, included, run])).toEqual([
    ['a', true, 'two'],
    ['b', false, 'three'],
    ['c', true, 'two'],
  ]);
});

it('takes a task out and in again', () => {
  const [, b] = familyTasks(three, [three]);
  const none = { own: [], other: [] };
  expect(toggleTask(three, b!, false, none)).toEqual(two.recipe);
  const [, back] = familyTasks(two, [two, three]);
  expect(toggleTask(two, back!, false, none)).toEqual(three.recipe);
});

it('keeps masks that were found together', () => {
  const [, b] = familyTasks(three, [three]);
  const own = ['a', 'b', 'c'].map(mask);
  expect(toggleTask(three, b!, true, { own, other: [] }).models).toEqual([
    { model: 'a', mask: 'mask-a' },
    { model: 'c', mask: 'mask-c' },
  ]);
  const [, back] = familyTasks(two, [two, three]);
  expect(toggleTask(two, back!, true, { own: [], other: own }).models).toEqual([
    { model: 'a' },
    { model: 'b', mask: 'mask-b' },
    { model: 'c' },
  ]);
});
