import { expect, it } from 'vitest';
import { formatRecipe } from '../recipe/formatRecipe.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { EngineApi } from '../api/engine.ts';
import type { MethodInfo } from '../api/methods.ts';
import type { CheckpointSummary } from '../api/checkpoints.ts';
import type { DataChecks } from './dataChecks.svelte.ts';
import type { Datasets } from './datasets.svelte.ts';
import { Library } from './library.svelte.ts';
import { Notices } from './notices.svelte.ts';
import { Setup } from './setup.svelte.ts';

const former: Pick<CheckpointSummary, 'formerIds' | 'formerNames'> = {
  ...{ formerIds: [], formerNames: [] },
};
const checkpoint = (name: string) => ({ id: name, name, ...former }) as CheckpointSummary;

/** A table whose worker answers the question of a new recipe only when told to, if it is slow. */
function setup(slow = false) {
  let answer = () => {};
  const told = new Promise<void>((resolve) => (answer = resolve));
  const asked: (Recipe | undefined)[] = [];
  const fake: Partial<EngineApi> = {
    async preflight(_, ids, recipe) {
      asked.push(recipe);
      if (slow && !recipe) await told;
      return { models: ids.map(() => ({ refusal: null })) } as never;
    },
  };
  const engine = fake as EngineApi;
  const library = new Library(engine, new Notices());
  library.checkpoints = ['base', 'a', 'b'].map(checkpoint);
  library.baseId = 'base';
  const table = new Setup(engine, library, {} as Datasets, {} as DataChecks);
  table.methods = ['linear', 'ties'].map(
    (id) => ({ id, parameters: [], mergekit: null }) as Partial<MethodInfo> as MethodInfo,
  );
  return { table, answer, asked };
}

const typed: Recipe = {
  merge_method: 'ties',
  base_model: 'base',
  models: [{ model: 'a' }],
  dtype: 'float32',
  out_dtype: 'base',
};
const text = `# by hand\n${formatRecipe(typed)}`;

it('what is typed stays when the recipe proposed before arrives after it', async () => {
  const { table, answer } = setup(true);
  await table.loadYaml();
  const proposed = table.startOver();
  table.type(text);
  answer();
  await proposed;
  await expect.poll(() => table.recipe).toEqual(typed);
  expect(table.text).toBe(text);
  expect(table.byHand).toBe(true);
});

it('what is typed stays while the library of texts loads, and is read when it has come', async () => {
  const { table } = setup();
  await table.startOver();
  const proposed = table.recipe;
  table.type(text);
  expect(await table.settle()).toBe(false);
  expect(await table.settle()).toBe(false);
  expect([table.text, table.recipe, table.error]).toEqual([text, proposed, null]);
  await table.loadYaml();
  expect([table.text, table.recipe, table.error]).toEqual([text, typed, null]);
});

it('a recipe made while the library of texts loads shows as text when it has come', async () => {
  const { table } = setup();
  await table.change(typed);
  expect(table.text).toBe('');
  await table.loadYaml();
  expect(table.text).toBe(formatRecipe(typed));
});

it('a merge asked for at once takes what was typed, or nothing', async () => {
  const { table } = setup();
  await table.loadYaml();
  await table.startOver();
  table.type(text);
  expect(await table.settle()).toBe(true);
  expect(table.recipe).toEqual(typed);
  table.type('{');
  expect(await table.settle()).toBe(false);
  expect(table.error).not.toBeNull();
  expect(await table.settle()).toBe(false);
  expect(table.recipe).toEqual(typed);
});

it('a change made with the controls takes the place of text at once', async () => {
  const { table } = setup();
  await table.loadYaml();
  await table.load('{');
  const swept = { ...typed, sweep: { scope: ['blocks', 'all'] } };
  void table.change(swept);
  expect([table.text, table.error]).toEqual([formatRecipe(swept), null]);
  expect(table.variants.map(({ recipe }) => recipe.scope)).toEqual(['blocks', 'all']);
});

it('an untouched recipe follows the library', async () => {
  const { table } = setup();
  await table.loadYaml();
  await table.startOver();
  expect(table.recipe?.models).toEqual([{ model: 'a' }, { model: 'b' }]);
  expect(table.text).toBe(formatRecipe(table.recipe!));
});

it('what becomes of the tensors is asked again where a setting decides it, and else not', async () => {
  const { table, asked } = setup();
  await table.change(typed);
  const once = asked.length;
  const kept: Recipe = { ...typed, rows: 'all' };
  await table.change(kept);
  await table.change({ ...kept, parameters: { density: 0.5 } });
  expect(asked.slice(once)).toEqual([kept]);
  const narrow: Recipe = { ...kept, out_dtype: 'float16' };
  await table.change(narrow);
  expect(asked.at(-1)).toEqual(narrow);
});

it('goes back to what lay there, as it was written, and takes Start over back too', async () => {
  const { table } = setup();
  await table.loadYaml();
  await table.startOver();
  const proposed = table.recipe!;
  await table.load(text);
  await table.change({ ...typed, merge_method: 'linear' });
  await table.undo();
  expect(table.text).toBe(text);
  await table.startOver();
  expect(table.byHand).toBe(false);
  await table.undo();
  expect(table.text).toBe(text);
  expect(table.byHand).toBe(true);
  await table.undo();
  expect(table.recipe).toEqual(proposed);
  expect(table.byHand).toBe(false);
  expect(table.history.some).toBe(false);
});

it('goes back to models by the names they have now', async () => {
  const { table } = setup();
  await table.loadYaml();
  await table.change(typed);
  await table.change({ ...typed, merge_method: 'linear' });
  await table.rename('a', 'c');
  await table.undo();
  expect(table.recipe).toEqual({ ...typed, models: [{ model: 'c' }] });
});

it('is empty where the library proposes nothing, until that is taken back', async () => {
  const { table } = setup();
  await table.loadYaml();
  await table.change(typed);
  table.library.checkpoints = [];
  table.library.baseId = null;
  await table.startOver();
  expect(table.recipe).toBeNull();
  expect(table.text).toBe('');
  await table.undo();
  expect(table.recipe).toEqual(typed);
});
