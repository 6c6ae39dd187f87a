import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { goldenTexts } from '../test/dataGoldens.ts';
import { readSafetensorsHeader } from '../formats/safetensors.ts';
import type { Progress } from '../api/progress.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { emptyStore, plainId } from '../test/store.ts';
import { engine } from '../engine/client.ts';
import { picoFolder } from '../test/picoSuite.ts';

const folders = ['base', 'first', 'second'].map((name, seed) =>
  picoFolder(name, seed, goldenTexts['./goldens/roberta/tokenizer.json']!),
);

const recipe: Recipe = {
  ...{ merge_method: 'localize_and_stitch', base_model: 'base' },
  ...{ models: [{ model: 'first' }, { model: 'second' }], parameters: { density: 0.05 } },
  ...{ dtype: 'float32', out_dtype: 'base' },
};

beforeEach(emptyStore);

/** Keeps the engine from hashing; what is returned lets it. */
async function holdHashing(): Promise<() => void> {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  await new Promise<void>((held) => {
    void navigator.locks.request('stitchwork-hash', () => {
      held();
      return released;
    });
  });
  onTestFinished(release);
  return release;
}

async function add(): Promise<string[]> {
  const { candidates } = await engine.inspect(folders.flat());
  const ids: string[] = [];
  for (const { key } of candidates) ids.push(await engine.ingest('add', key, () => undefined));
  return ids;
}

/** Content ids of the folders' weights. */
const contentIds = () =>
  Promise.all(
    folders.map(async ([weights]) =>
      plainId([new Uint8Array(await weights!.file.arrayBuffer())], 512 * 2 ** 10),
    ),
  );

/** Runs the recipe and tells its stages. */
function start(job: string) {
  const stages: string[] = [];
  const onProgress = ({ stage }: Progress) => {
    if (stages.at(-1) !== stage) stages.push(stage);
  };
  return { done: engine.run(job, recipe, onProgress), stages };
}

const inputsOf = async (run: string) => {
  const [weights] = await engine.outputs(run, { layout: 'one', shardBytes: 0 });
  const { metadata } = await readSafetensorsHeader({ path: 'x', blob: weights!.blob }, 0);
  const inputs = JSON.parse(metadata.stitchwork_inputs!) as { id: string }[];
  return inputs.map(({ id }) => id);
};

const stateOf = async (run: string) => (await engine.runs()).find(({ id }) => id === run)?.state;

test('a merge goes on to its last part while its inputs are hashed, and its result names them by content', async () => {
  const release = await holdHashing();
  const ids = await add();
  const { done, stages } = start('early');
  await expect.poll(async () => (await engine.runs())[0]?.fraction).toBe(1);
  const [begun] = await engine.runs();
  expect(begun?.state).toBe('running');
  await expect.poll(() => stages.at(-1)).toBe('Hashing');
  release();
  const result = await done;
  expect(stages.indexOf('Merging')).toBeLessThan(stages.indexOf('Hashing'));
  expect(stages).toContain('Merging');
  expect(result.id).toBe(begun?.id);
  expect(await inputsOf(result.id)).toEqual(await contentIds());
  const patch = await engine.patch('patch', result.id, 0, () => undefined);
  const { metadata } = await readSafetensorsHeader({ path: 'x', blob: patch.blob }, 0);
  expect(metadata.stitchwork_base).toBe((await contentIds())[0]);
  // The same recipe on what is now known by content is that run, also by the ids from before.
  expect((await start('again').done).id).toBe(result.id);
  const byId = { ...recipe, base_model: ids[0]! };
  expect((await engine.run('by id', byId, () => undefined)).models).toEqual(['first', 'second']);
});

test('a merge cut off while it waits for content ids goes on under its own name once they are known', async () => {
  const release = await holdHashing();
  await add();
  const { done } = start('cut');
  await expect.poll(async () => (await engine.runs())[0]?.fraction).toBe(1);
  const [begun] = await engine.runs();
  await engine.cancel('cut');
  release();
  await expect(done).rejects.toMatchObject({ kind: 'Cancelled' });
  for (const { id } of await engine.library()) await engine.identify(id);
  expect(await stateOf(begun!.id)).toBe('stopped');
  const result = await start('resumed').done;
  expect(result.id).toBe(begun?.id);
  expect((await engine.runs()).length).toBe(1);
  expect(await inputsOf(result.id)).toEqual(await contentIds());
});

test('a model that proves equal to another while it is merged leaves the merge whole', async () => {
  await add();
  for (const { id } of await engine.library()) await engine.identify(id);
  const expected = await start('expected').done;
  const release = await holdHashing();
  const twin = folders[1]!.map(({ path, file }) => ({ path: path.replace('first', 'twin'), file }));
  const { candidates } = await engine.inspect(twin);
  await engine.ingest('add', candidates[0]!.key, () => undefined);
  const other = { ...recipe, models: [{ model: 'twin' }, { model: 'second' }] };
  const done = engine.run('twin', other, () => undefined);
  await expect
    .poll(async () => (await engine.runs()).find(({ id }) => id !== expected.id)?.fraction)
    .toBe(1);
  release();
  const result = await done;
  expect(await inputsOf(result.id)).toEqual(await contentIds());
  expect((await engine.library()).map(({ name }) => name)).toEqual(['base', 'first', 'second']);
  // A recipe that names it still finds it.
  expect((await engine.run('again', other, () => undefined)).id).toBe(result.id);
  const bytes = async (run: string) => {
    const [weights] = await engine.outputs(run, { layout: 'one', shardBytes: 0 });
    const { tensors } = await readSafetensorsHeader({ path: 'x', blob: weights!.blob }, 0);
    const start = Math.min(...tensors.map((tensor) => tensor.start));
    return new Uint8Array(await weights!.blob.slice(start).arrayBuffer());
  };
  expect(indexedDB.cmp(await bytes(result.id), await bytes(expected.id))).toBe(0);
});
