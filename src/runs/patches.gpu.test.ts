import { beforeAll, expect, test } from 'vitest';
import { goldenTexts } from '../test/dataGoldens.ts';
import { readSafetensorsHeader } from '../formats/safetensors.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import { emptyStore } from '../test/store.ts';
import { engine } from '../engine/client.ts';
import { picoFolder } from '../test/picoSuite.ts';
import type { OutputFile } from '../api/outputs.ts';

const folders = ['base', 'first', 'second'].map((name, seed) =>
  picoFolder(name, seed, goldenTexts['./goldens/roberta/tokenizer.json']!),
);

beforeAll(async () => {
  await emptyStore();
  const { candidates } = await engine.inspect(folders.flat());
  for (const { key } of candidates) await engine.ingest('job', key, () => undefined);
});

const recipeOf = (models: readonly string[], more?: Partial<Recipe>): Recipe => ({
  merge_method: 'localize_and_stitch',
  base_model: 'base',
  models: models.map((model) => ({ model })),
  parameters: { density: 0.05 },
  ...{ dtype: 'float32', out_dtype: 'base' },
  ...more,
});

/** The words of every tensor of a file, and of a patch its positions. */
async function wordsOf({ name, blob }: OutputFile) {
  const { tensors, metadata } = await readSafetensorsHeader({ path: name, blob }, 0);
  const read = async ({ name, dtype, start, end }: TensorInfo) => {
    const bytes = await blob.slice(start, end).arrayBuffer();
    if (!name.endsWith('.gaps')) return new Uint32Array(bytes);
    const [gaps, carry] =
      dtype === 'U8' ? [new Uint8Array(bytes), 255] : [new Uint16Array(bytes), 65_535];
    const positions: number[] = [];
    let position = 0;
    for (const gap of gaps) {
      position += gap;
      if (gap < carry) positions.push(position);
    }
    return Uint32Array.from(positions);
  };
  const all = tensors.map(
    async (t) => [t.name.replace(/gaps$/, 'indices'), await read(t)] as const,
  );
  const dtypes = tensors.map(({ dtype }) => dtype);
  return { metadata, dtypes, words: new Map(await Promise.all(all)) };
}

/** The base with the values of a patch at its positions. */
async function grafted(patch: Awaited<ReturnType<typeof wordsOf>>) {
  const [weights] = folders[0]!;
  const { words } = await wordsOf({ name: weights!.path, blob: weights!.file });
  for (const [name, base] of words) {
    const values = patch.words.get(`${name}.values`) ?? [];
    patch.words.get(`${name}.indices`)?.forEach((k, i) => (base[k] = values[i]!));
  }
  return words;
}

test('the base with a patch on it is the graft that the app saves, bit for bit', async () => {
  const { id, density, parameters, intersections } = await engine.run(
    'job',
    recipeOf(['second']),
    () => undefined,
  );
  const [model] = await engine.outputs(id, { layout: 'one', shardBytes: 0 });
  const file = await engine.patch('job', id, 0, () => undefined);
  expect(file.name).toBe('second.patch.safetensors');
  const patch = await wordsOf(file);
  expect(await grafted(patch)).toEqual((await wordsOf(model!)).words);

  const kept = Math.floor(0.05 * parameters.scope);
  expect(intersections).toEqual([kept]);
  let positions = 0;
  for (const [name, indices] of patch.words) {
    if (!name.endsWith('.indices')) continue;
    positions += indices.length;
    expect(indices).toEqual(indices.toSorted());
  }
  expect(positions).toBe(kept);
  expect(patch.dtypes).toContain('U8');
  expect(JSON.parse(patch.metadata.stitchwork_settings!)).toEqual({
    localizer: 'dataless',
    density: density[0],
  });
  const { id: base } = (await engine.library()).find(({ name }) => name === 'base')!;
  expect(patch.metadata).toMatchObject({ stitchwork_base: base, stitchwork_task: 'second' });
});

test('the patch of one task of several is that of its own run', async () => {
  const { id: one } = await engine.run('job', recipeOf(['second']), () => undefined);
  const { id: two } = await engine.run('job', recipeOf(['first', 'second']), () => undefined);
  const patchOf = async (run: string, model: number) =>
    (await wordsOf(await engine.patch('job', run, model, () => undefined))).words;
  expect(await patchOf(two, 1)).toEqual(await patchOf(one, 0));
  expect(await patchOf(two, 0)).not.toEqual(await patchOf(one, 0));
});

test('a cancelled patch stops', async () => {
  const { id } = await engine.run('job', recipeOf(['first']), () => undefined);
  const coming = engine.patch('stopped', id, 0, () => undefined);
  await engine.cancel('stopped');
  await expect(coming).rejects.toMatchObject({ kind: 'Cancelled' });
});

test('the base with a SHiRA adapter added is the graft, where its mask touches linear layers alone', async () => {
  const all = await engine.run('job', recipeOf(['first']), () => undefined);
  expect(await engine.whyNoAdapter(all.id)).toMatch(/^SHiRA takes linear layers alone/);
  await expect(engine.adapter('job', all.id, 0, () => undefined)).rejects.toMatchObject({
    kind: 'Unsupported',
  });

  const scope = { include: ['*.layer.*.weight'], exclude: ['*LayerNorm*'] };
  const { id } = await engine.run('job', recipeOf(['first'], { scope }), () => undefined);
  expect(await engine.whyNoAdapter(id)).toBeNull();
  const files = await engine.adapter('job', id, 0, () => undefined);
  expect(files.map(({ name }) => name)).toEqual([
    'first/adapter_config.json',
    'first/adapter_model.safetensors',
  ]);
  const [weights] = folders[0]!;
  const base = { name: weights!.path, blob: weights!.file };
  const { tensors } = await readSafetensorsHeader({ path: base.name, blob: base.blob }, 0);
  const { words } = await wordsOf(base);
  const adapter = (await wordsOf(files[1]!)).words;
  for (const [key, indices] of adapter) {
    if (!key.endsWith('.shira_indices')) continue;
    const layer = key.slice('base_model.model.'.length, -'.shira_indices'.length);
    const columns = tensors.find(({ name }) => name === `${layer}.weight`)!.shape[1]!;
    const values = new Float32Array(words.get(`${layer}.weight`)!.buffer);
    const changes = new Float32Array(adapter.get(key.replace('indices', 'weight'))!.buffer);
    changes.forEach((change, i) => {
      values[indices[i]! * columns + indices[changes.length + i]!]! += change;
    });
  }
  const [merged] = await engine.outputs(id, { layout: 'one', shardBytes: 0 });
  expect(words).toEqual((await wordsOf(merged!)).words);
});
