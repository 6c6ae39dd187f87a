import { beforeAll, expect, test } from 'vitest';
import { goldenTexts } from '../../test/dataGoldens.ts';
import { openCheckpoints } from '../../formats/open.ts';
import { localizers } from '../../localize/localizers/registry.ts';
import { methodOf } from '../../merge/methods/registry.ts';
import { planMerge } from '../../merge/plan.ts';
import { planTensors } from '../../merge/preflight.ts';
import { identifyArchitecture } from '../../models/registry.ts';
import type { Recipe } from '../../recipe/recipe.ts';
import type { StoredCheckpoint } from '../../storage/checkpoints.ts';
import { addData, dataFinder } from '../../storage/dataSets.ts';
import { write } from '../../storage/db.ts';
import { allKeys, emptyStore, ingested } from '../../test/store.ts';
import { createRunTools } from '../runTools.ts';
import { withJob } from '../../jobs/jobs.ts';
import { picoData, picoFolder } from '../../test/picoSuite.ts';
import { findMasks, type FoundMasks, type SearchHost } from './findMasks.ts';
import { planSearches } from './searchPlan.ts';

const names = ['base', 'first', 'second'];
const checkpoints: StoredCheckpoint[] = [];

beforeAll(async () => {
  await emptyStore();
  const tokenizer = goldenTexts['./goldens/roberta/tokenizer.json']!;
  const folders = names.flatMap((name, seed) => picoFolder(name, seed, tokenizer));
  const files = folders.map(({ path, file }) => ({ path, blob: file }));
  const found = await openCheckpoints(files, identifyArchitecture);
  const { signal } = new AbortController();
  for (const name of names)
    checkpoints.push(
      await ingested(
        found.checkpoints.find((c) => c.name === name)!,
        { signal },
      ),
    );
  for (const [i, name] of names.entries()) {
    const [{ path, file } = { path: '', file: new File([], '') }] = picoData('t.jsonl', 40, i);
    await addData(`${name}.jsonl`, 'table', [{ path, blob: file }]);
  }
});

function recipeOf(preset: string): Recipe {
  return {
    merge_method: 'localize_and_stitch',
    base_model: 'base',
    models: names.slice(1).map((model) => ({
      model,
      data: {
        train: `${model}.jsonl`,
        template: '{text} It was{mask} .',
        label_words: [' the', ' was'],
      },
    })),
    parameters: { density: 0.05 },
    localize: { preset, budget: 'exact', shots: 8, seed: 0, epochs: 4, batch_size: 8 },
    dtype: 'float32',
    out_dtype: 'float32',
  };
}

function planOf(recipe: Recipe) {
  const [base, ...models] = checkpoints;
  const method = methodOf(recipe.merge_method)!;
  return planMerge(planTensors(base!, models, 'blocks'), recipe, method, 1024);
}

/** Finds the masks of a recipe; cut off in the given step of the first search, if any. */
async function find(
  recipe: Recipe,
  cutAt = Infinity,
): Promise<{ found: FoundMasks; steps: number }> {
  const plan = planOf(recipe);
  const findData = dataFinder();
  const search = (await planSearches(recipe, checkpoints, findData, plan))!;
  const tools = createRunTools(recipe, checkpoints, findData);
  let steps = 0;
  try {
    const found = await withJob('test', (_, control) => {
      const host: SearchHost = {
        ...{ id: 'run', recipe, checkpoints, findData, plan, control, tools, snapshotEveryMs: 0 },
        tell() {
          if (++steps === cutAt) throw new Error('The tab was closed.');
        },
      };
      return findMasks(search, host);
    });
    return { found, steps };
  } finally {
    await tools.close();
  }
}

async function bitsOf({ stored }: FoundMasks): Promise<string[]> {
  const texts = stored.map(async (mask) => {
    const bytes = new Uint8Array(await mask!.words.arrayBuffer());
    return `${JSON.stringify(mask!.tensors)} ${bytes.join()}`;
  });
  return Promise.all(texts);
}

test.each(['scaled', 'hard', 'joint'])(
  '%s cut off goes on from its last snapshot to the same masks',
  async (preset) => {
    const recipe = recipeOf(preset);
    const whole = await find(recipe);
    expect(whole.found.localized.map(({ reused }) => reused)).toEqual([false, false]);
    const wanted = await bitsOf(whole.found);
    await write({ remove: whole.found.stored.map((mask) => ['mask', mask!.id]) });

    await expect(find(recipe, 6)).rejects.toThrow('The tab was closed.');
    expect((await allKeys()).some((key) => key.startsWith('snapshot/'))).toBe(true);
    const resumed = await find(recipe);
    expect(resumed.steps).toBeLessThan(whole.steps);
    expect((await bitsOf(resumed.found)).map((bits, m) => bits === wanted[m])).toEqual([
      true,
      true,
    ]);
    expect(resumed.found.localized.map(({ losses }) => losses)).toEqual(
      whole.found.localized.map(({ losses }) => losses),
    );
    expect((await allKeys()).filter((key) => key.startsWith('snapshot/'))).toEqual([]);
  },
);

test('a mask of an earlier revision of its localizer is not taken over', async () => {
  const recipe = recipeOf('reference');
  const now = await planSearches(recipe, checkpoints, dataFinder(), planOf(recipe));
  const { revision } = localizers.reference;
  localizers.reference.revision = undefined;
  try {
    const before = await planSearches(recipe, checkpoints, dataFinder(), planOf(recipe));
    expect(now!.masks).toHaveLength(2);
    now!.masks.forEach((mask, m) => expect(mask).not.toBe(before!.masks[m]));
  } finally {
    localizers.reference.revision = revision;
  }
});

test('a mask of other checkpoints, or none at all, is refused', async () => {
  const recipe = recipeOf('scaled');
  const { found } = await find(recipe);
  const [first, second] = recipe.models;
  const given = (mask: string) => ({ ...recipe, models: [first!, { ...second!, mask }] });
  await expect(find(given(found.stored[0]!.id))).rejects.toThrow(/found for other checkpoints/);
  await expect(find(given('0'.repeat(64)))).rejects.toThrow(/This browser has no mask 0{12}/);
});

test('what a mask depends on changes its id, and test data do not', async () => {
  const recipe = recipeOf('scaled');
  const idOf = async (changed: Recipe) => (await find(changed)).found.stored[0]!.id;
  const id = await idOf(recipe);
  const [first, second] = recipe.models;
  const withData = (data: object) => ({
    ...recipe,
    models: [{ ...first!, data: { ...first!.data, ...data } }, second!],
  });
  expect(await idOf(withData({ test: 'second.jsonl' }))).toBe(id);
  expect(await idOf(withData({ train: 'second.jsonl' }))).not.toBe(id);
  expect(await idOf(withData({ template: '{text} It is{mask} .' }))).not.toBe(id);
  expect(await idOf({ ...recipe, parameters: { density: 0.1 } })).not.toBe(id);
  const localize = { ...recipe.localize!, seed: 1 };
  expect(await idOf({ ...recipe, localize })).not.toBe(id);
});

test.each(Object.keys(localizers))('%s keeps a density of all parameters', async (preset) => {
  const recipe: Recipe = { ...recipeOf(preset), density_of: 'model' };
  const localize = { ...recipe.localize!, epochs: 1 };
  const { found } = await find({ ...recipe, localize, parameters: { density: 0.02 } });
  const [{ index } = { index: { tensors: [] } }] = checkpoints;
  const parameters = index.tensors
    .filter(({ name }) => !/position_ids|lm_head\.decoder/.test(name))
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  expect(found.stored.map((mask) => mask?.kept)).toEqual(
    Array(2).fill(Math.floor(0.02 * parameters)),
  );
});
