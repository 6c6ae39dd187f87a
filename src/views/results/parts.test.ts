import { expect, it } from 'vitest';
import type { Recipe } from '../../recipe/recipe.ts';
import { partShown, partsOf } from './parts.ts';

const recipe = (test?: string): Recipe => ({
  merge_method: 'ties',
  base_model: 'base',
  models: [{ model: 'a', ...(test !== undefined && { data: { test } }) }],
  dtype: 'float32',
  out_dtype: 'base',
});
const score = { model: 'merged', task: 'a', metric: 'accuracy', value: 1, n: 1 } as const;
const names = (...args: Parameters<typeof partsOf>) => partsOf(...args).map(({ part }) => part);

it('shows what there is, what can be tried first', () => {
  const all = partsOf({ recipe: recipe('a/test') }, { scores: [score] }, { masks: true });
  expect(all.map(({ part }) => part)).toEqual([
    ...['try', 'scores', 'masks', 'weights', 'more', 'save'],
  ]);
  expect(partShown(all, null)).toBe('try');
  expect(partShown(all, 'masks')).toBe('masks');
});

it('tries nothing where no classes are told', () => {
  const told = { ...score, metric: 'perplexity' } as const;
  expect(names({ recipe: recipe('a/test') }, { scores: [told] }, null)[0]).toBe('scores');
});

it('shows saving first where there are no data to ask about', () => {
  expect(names({ recipe: recipe() }, { scores: [] }, { masks: false })).toEqual([
    ...['weights', 'more', 'save'],
  ]);
  const bare = partsOf({ recipe: recipe() }, { scores: [] }, { masks: false });
  expect(partShown(bare, null)).toBe('save');
  expect(partShown(bare, 'scores')).toBe('save');
});
