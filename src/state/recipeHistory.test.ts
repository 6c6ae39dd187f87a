import { expect, it } from 'vitest';
import type { Recipe } from '../recipe/recipe.ts';
import { RecipeHistory } from './recipeHistory.svelte.ts';

const recipe = (density: number, models = ['a', 'b']): Recipe => ({
  merge_method: 'ties',
  base_model: 'base',
  models: models.map((model) => ({ model })),
  parameters: { density },
  dtype: 'float32',
  out_dtype: 'base',
});
const onTable = (recipe: Recipe) => ({ recipe, typed: null, byHand: true });

it('goes back change by change, and no further', () => {
  const history = new RecipeHistory();
  const first = recipe(0.1);
  const second = recipe(0.1, ['a']);
  history.keep(onTable(first), second, 0);
  history.keep(onTable(second), { ...second, merge_method: 'linear' }, 10);
  expect(history.some).toBe(true);
  expect(history.back()?.recipe).toBe(second);
  expect(history.back()?.recipe).toBe(first);
  expect(history.some).toBe(false);
  expect(history.back()).toBeNull();
});

it('takes what a slider sweeps through for one change, until it rests', () => {
  const history = new RecipeHistory();
  const values = [0.1, 0.2, 0.3, 0.4].map((density) => recipe(density));
  history.keep(onTable(values[0]!), values[1]!, 0);
  history.keep(onTable(values[1]!), values[2]!, 900);
  history.keep(onTable(values[2]!), values[3]!, 2000);
  expect(history.back()?.recipe).toBe(values[2]);
  expect(history.back()?.recipe).toBe(values[0]);
  expect(history.back()).toBeNull();
});

it('keeps nothing where nothing changes', () => {
  const history = new RecipeHistory();
  history.keep(onTable(recipe(0.1)), recipe(0.1));
  expect(history.some).toBe(false);
});

it('keeps a hundred', () => {
  const history = new RecipeHistory();
  const models = Array.from({ length: 120 }, (_, i) => recipe(0.1, [`m${i}`]));
  for (const [i, each] of models.entries())
    if (i) history.keep(onTable(models[i - 1]!), each, i * 5000);
  let kept = 0;
  while (history.back()) kept++;
  expect(kept).toBe(100);
});
