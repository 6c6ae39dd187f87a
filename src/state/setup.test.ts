import { expect, it } from 'vitest';
import type { Recipe } from '../recipe/recipe.ts';
import type { EngineApi } from '../api/engine.ts';
import type { MethodInfo } from '../api/methods.ts';
import type { CheckpointSummary } from '../api/checkpoints.ts';
import type { DataChecks } from './dataChecks.svelte.ts';
import type { Datasets } from './datasets.svelte.ts';
import { Library } from './library.svelte.ts';
import { Notices } from './notices.svelte.ts';
import { Setup } from './setup.svelte.ts';

const checkpoint = (name: string) => ({ id: name, name }) as CheckpointSummary;

/** A table whose worker answers calls of one kind only when told to. */
function setup(slow?: 'preflight' | 'formatRecipe') {
  let answer = () => {};
  const told = new Promise<void>((resolve) => (answer = resolve));
  const fake: Partial<EngineApi> = {
    async preflight(_, ids, recipe) {
      if (slow === 'preflight' && !recipe) await told;
      return { models: ids.map(() => ({ refusal: null })) } as never;
    },
    async formatRecipe(recipe) {
      if (slow === 'formatRecipe') await told;
      return JSON.stringify(recipe);
    },
    async parseRecipe(text) {
      return JSON.parse(text) as Recipe;
    },
  };
  const engine = fake as EngineApi;
  const library = new Library(engine, new Notices());
  library.checkpoints = ['base', 'a', 'b'].map(checkpoint);
  library.baseId = 'base';
  const table = new Setup(engine, library, {} as Datasets, {} as DataChecks);
  table.methods = [{ id: 'linear', parameters: [] } as Partial<MethodInfo> as MethodInfo];
  return { table, answer };
}

const typed: Recipe = {
  ...{ merge_method: 'ties', base_model: 'base', dtype: 'float32', out_dtype: 'base' },
  models: [{ model: 'a' }],
};

it.each(['preflight', 'formatRecipe'] as const)(
  'what is typed stays when the recipe proposed before arrives after it, held up in %s',
  async (slow) => {
    const { table, answer } = setup(slow);
    const proposed = table.startOver();
    const text = JSON.stringify(typed);
    table.type(text);
    answer();
    await proposed;
    await expect.poll(() => table.recipe).toEqual(typed);
    expect(table.text).toBe(text);
    expect(table.byHand).toBe(true);
  },
);

it('a merge asked for at once takes what was typed, or nothing', async () => {
  const { table } = setup();
  await table.startOver();
  table.type(JSON.stringify(typed));
  expect(await table.settle()).toBe(true);
  expect(table.recipe).toEqual(typed);
  table.type('{');
  expect(await table.settle()).toBe(false);
  expect(table.error).not.toBeNull();
  expect(await table.settle()).toBe(false);
  expect(table.recipe).toEqual(typed);
});

it('an untouched recipe follows the library', async () => {
  const { table } = setup();
  await table.startOver();
  expect(table.recipe?.models).toEqual([{ model: 'a' }, { model: 'b' }]);
  expect(table.text).toBe(JSON.stringify(table.recipe));
});
