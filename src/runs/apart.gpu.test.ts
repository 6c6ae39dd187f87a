import { beforeAll, expect, test } from 'vitest';
import { engine } from '../engine/client.ts';
import { readSafetensorsHeader } from '../formats/safetensors.ts';
import goldens from '../merge/goldens/apart/cases.json';
import { mergekitForms, methods } from '../merge/methods/registry.ts';
import { parseRecipe } from '../recipe/parseRecipe.ts';
import { entriesOf, getCheckpoint } from '../storage/checkpoints.ts';
import { write } from '../storage/db.ts';
import { getRun, putParts } from '../storage/runs.ts';
import { emptyStore } from '../test/store.ts';
import type { MergeRecord } from './runRecord.ts';

/** Checkpoints of scripts/apartGoldens.py with their numbers of words. */
const rows = {
  ...{ tied: 8, twice: 8, apart: 8, plain: 8, own: 8, repeats: 8 },
  ...{ wide: 11, wider: 13, narrow: 6, 'wide-tied': 11 },
};
const untied = ['apart', 'own', 'wide', 'wider', 'narrow'];

const weightsOf = async (name: string) => {
  const url = new URL(`../merge/goldens/apart/${name}.safetensors`, import.meta.url);
  return (await fetch(url)).blob();
};

beforeAll(async () => {
  await emptyStore();
  const folders = Object.entries(rows).map(async ([name, vocab_size]) => {
    const tie_word_embeddings = !untied.includes(name);
    const config = JSON.stringify({ model_type: 'llama', vocab_size, tie_word_embeddings });
    const files = [
      new File([await weightsOf(name)], 'model.safetensors'),
      new File([config], 'config.json'),
      new File([`{"of": "${name}"}`], 'tokenizer.json'),
    ];
    return files.map((file) => ({ path: `${name}/${file.name}`, file }));
  });
  const { candidates, problems } = await engine.inspect((await Promise.all(folders)).flat());
  expect(problems).toEqual([]);
  for (const { key } of candidates) await engine.ingest('job', key, () => undefined);
});

const recipeOf = (golden: (typeof goldens)[number]) =>
  parseRecipe(JSON.stringify(golden.recipe), Object.keys(methods), [], mergekitForms);

async function tensorsIn(blob: Blob) {
  const { tensors } = await readSafetensorsHeader({ path: 'model.safetensors', blob }, 0);
  const read = tensors.map(async ({ name, dtype, shape, start, end }) => {
    const bytes = new Uint8Array(await blob.slice(start, end).arrayBuffer());
    return [name, { dtype, shape, bytes: bytes.join() }] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}

async function saved(id: string) {
  const files = await engine.outputs(id, { layout: 'one', shardBytes: 0 });
  const blobOf = (name: string) => files.find((file) => file.name === name)!.blob;
  const config = JSON.parse(await blobOf('config.json').text());
  const tokenizer = JSON.parse(await blobOf('tokenizer.json').text());
  return { tensors: await tensorsIn(blobOf('model.safetensors')), config, tokenizer };
}

test.each(goldens)(
  '$case: the saved folder has the weights that numpy has, and fits them',
  async (golden) => {
    const recipe = recipeOf(golden);
    const result = await engine.run('job', recipe, () => undefined);
    const { tensors, config, tokenizer } = await saved(result.id);
    expect(tensors).toEqual(await tensorsIn(await weightsOf(golden.case)));
    const base = recipe.base_model as keyof typeof rows;
    const words = tensors['model.embed_tokens.weight']!.shape[0]!;
    expect(config).toMatchObject({
      vocab_size: words,
      tie_word_embeddings: golden.untied ? false : !untied.includes(base),
    });
    const widest = recipe.models
      .map(({ model }) => model)
      .find((model) => rows[model as keyof typeof rows] === words);
    expect(tokenizer).toEqual({ of: words > rows[base] ? widest : base });
    const known = await engine.library();
    const ids = [base, ...recipe.models.map(({ model }) => model)].map(
      (name) => known.find((each) => each.name === name)!.id,
    );
    const report = await engine.preflight(ids[0]!, ids.slice(1), recipe);
    const told = (remarks: typeof result.remarks) =>
      remarks.filter((each) => each.tensors.length > 0);
    expect(told(result.remarks)).toEqual(told(report.remarks));
    expect(result.remarks.some(({ kind }) => kind === 'untied')).toBe(golden.untied);
    expect(result.parameters.scope).toBe(report.parameters.scope);
  },
);

test('a checkpoint of a version that compared nothing is compared once, before it is merged', async () => {
  const { id } = (await engine.library()).find(({ name }) => name === 'twice')!;
  const { ties, ...record } = (await getCheckpoint(id))!;
  expect(ties).toEqual({ copies: ['lm_head.weight'], told: true });
  await write({ put: entriesOf(record) });
  expect((await getCheckpoint(id))?.ties).toBeUndefined();
  await engine.preflight(id, []);
  expect((await getCheckpoint(id))?.ties).toEqual(ties);
});

test('a result of a version that tied by absence is kept, and merged anew when it is asked for', async () => {
  const recipe = recipeOf(goldens.find((each) => each.case === 'untied-linear')!);
  const { id } = await engine.run('job', recipe, () => undefined);
  const wanted = await saved(id);
  const { untied: _, ...record } = (await getRun<MergeRecord>(id))!;
  const outputs = record.outputs.filter(({ tensor }) => tensor.name !== 'lm_head.weight');
  await putParts(id, [], { ...record, outputs });
  const old = await saved(id);
  expect(Object.keys(old.tensors)).not.toContain('lm_head.weight');
  expect(old.config.tie_word_embeddings).toBe(true);
  await engine.run('job', recipe, () => undefined);
  expect(await saved(id)).toEqual(wanted);
});
