import { beforeAll, expect, test } from 'vitest';
import { goldenTexts } from '../test/dataGoldens.ts';
import { readSafetensorsHeader } from '../formats/safetensors.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { emptyStore } from '../test/store.ts';
import { engine } from '../engine/client.ts';
import { picoFolder } from '../test/picoSuite.ts';
import type { OutputFile } from '../api/outputs.ts';

const tokenizer = goldenTexts['./goldens/roberta/tokenizer.json']!;
const silent = () => undefined;

async function add(files: { path: string; file: File }[]): Promise<string[]> {
  const { candidates, problems } = await engine.inspect(files);
  expect(problems).toEqual([]);
  const ids = [];
  for (const { key } of candidates)
    ids.push(await engine.identify(await engine.ingest('job', key, silent)));
  return ids;
}

const recipeOf = (
  merge_method: string,
  models: Recipe['models'],
  more?: Partial<Recipe>,
): Recipe => ({
  ...{ merge_method, base_model: 'base', models, dtype: 'float32', out_dtype: 'base' },
  ...more,
});

/** Bytes of the weights that a recipe makes, without the header that tells where they come from. */
async function weightsOf(recipe: Recipe) {
  const result = await engine.run('job', recipe, silent);
  const [file] = await engine.outputs(result.id, { layout: 'one', shardBytes: 0 });
  const { name, blob } = file!;
  const { tensors } = await readSafetensorsHeader({ path: name, blob }, 0);
  const bytes = new Uint8Array(await blob.slice(tensors[0]!.start).arrayBuffer());
  return { result, bytes, names: tensors.map((tensor) => tensor.name) };
}

const dropped = ({ name, blob }: OutputFile) => [{ path: name, file: new File([blob], name) }];

beforeAll(async () => {
  await emptyStore();
  for (const [seed, name] of ['base', 'first', 'second'].entries())
    await add(picoFolder(name, seed, tokenizer));
});

/** Adds the patches of a run's models under these names. */
async function addPatches(run: string, names: readonly string[]): Promise<OutputFile[]> {
  const files = [];
  for (const [model, name] of names.entries()) {
    const file = await engine.patch('job', run, model, silent);
    const [id] = await add(dropped(file));
    await engine.rename(id!, name);
    files.push(file);
  }
  return files;
}

const bytesOf = async ({ blob }: OutputFile) => new Uint8Array(await blob.arrayBuffer());

test('merging patches gives the bytes of the weighted stitch that they came from', async () => {
  const recipe = (first: string, second: string) =>
    recipeOf(
      'localize_and_stitch',
      [{ model: first, parameters: { weight: 2 } }, { model: second }],
      { scope: 'all', out_dtype: 'bfloat16', parameters: { density: 0.2 } },
    );
  const whole = await weightsOf(recipe('first', 'second'));
  const patches = await addPatches(whole.result.id, ['first patch', 'second patch']);
  const patched = await weightsOf(recipe('first patch', 'second patch'));
  expect(patched.names).toEqual(whole.names);
  expect(patched.bytes).toEqual(whole.bytes);
  expect(patched.result.intersections).toEqual(whole.result.intersections);
  expect(patched.result.remarks).toEqual([]);
  const again = await engine.patch('job', patched.result.id, 1, silent);
  expect(await bytesOf(again)).toEqual(await bytesOf(patches[1]!));
});

test('a patch and a fine-tune merge as two fine-tunes do, outliers left out once', async () => {
  const recipe = (first: string) =>
    recipeOf('breadcrumbs', [{ model: first }, { model: 'second' }]);
  const whole = await weightsOf(recipe('first'));
  await addPatches(whole.result.id, ['first crumbs']);
  expect((await weightsOf(recipe('first crumbs'))).bytes).toEqual(whole.bytes);
});

test('a patch is listed with its task, and is no base', async () => {
  const library = await engine.library();
  const base = library.find(({ name }) => name === 'base')!;
  const patch = library.find(({ name }) => name === 'second patch')!;
  expect(patch).toMatchObject({ patch: { base: base.id, task: 'second' }, dtypes: ['F32'] });
  expect(patch.parameters).toBeLessThan(base.parameters);
  expect((await engine.tensors(patch.id))[0]?.name).toMatch(/^(roberta|lm_head)\./);
  await expect(engine.setBase(patch.id)).rejects.toMatchObject({ kind: 'Incompatible' });
});

test('weights that the scope leaves out are told', async () => {
  const { result } = await weightsOf(recipeOf('localize_and_stitch', [{ model: 'first patch' }]));
  expect(result.remarks.map(({ text }) => text)).toEqual([
    expect.stringMatching(/^first patch holds [\d,]+ weights outside the scope/),
  ]);
});

test('a patch on another base is refused with both ids', async () => {
  const [other] = await add(picoFolder('other', 7, tokenizer));
  const library = await engine.library();
  const [base, patch] = ['base', 'first patch'].map((name) =>
    library.find((c) => c.name === name)!,
  );
  const [own, met] = [base!.id, other!].map((id) => `${id.slice(0, 12)}…`);
  const says = `first patch belongs on the base with content id ${own}, and other is ${met}.`;
  const { models } = await engine.preflight(other!, [patch!.id]);
  expect(models[0]?.refusal).toContain(says);
  const recipe = {
    ...recipeOf('localize_and_stitch', [{ model: 'first patch' }]),
    base_model: 'other',
  };
  await expect(engine.run('job', recipe, silent)).rejects.toMatchObject({
    kind: 'Incompatible',
    message: expect.stringContaining(says),
  });

  const { id } = await engine.run('job', recipeOf('ties', [{ model: 'first' }]), silent);
  const file = await engine.patch('job', id, 0, silent);
  await engine.setBase(other!);
  await engine.remove(base!.id);
  const { candidates, problems } = await engine.inspect(dropped(file));
  expect(candidates).toEqual([]);
  expect(problems[0]?.message).toBe(
    `first.patch belongs on the base with content id ${own}, which is not in the library. The library’s base is ${met}. Add the patch’s own base first.`,
  );
});
