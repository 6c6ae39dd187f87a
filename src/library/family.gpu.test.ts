import { beforeAll, expect, test } from 'vitest';
import { goldenTexts } from '../test/dataGoldens.ts';
import { writeSafetensorsHeader } from '../formats/writeSafetensors.ts';
import { formatRecipe } from '../recipe/formatRecipe.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { emptyStore } from '../test/store.ts';
import { engine } from '../engine/client.ts';
import { picoData, picoFolder } from '../test/picoSuite.ts';

const recipeOf = (base_model: string, models: Recipe['models']): Recipe => ({
  ...{ merge_method: 'localize_and_stitch', base_model, models },
  ...{ dtype: 'float32', out_dtype: 'base' },
});

async function add(files: { path: string; file: File }[]): Promise<string> {
  const { candidates, problems } = await engine.inspect(files);
  expect(problems).toEqual([]);
  return engine.identify(await engine.ingest('job', candidates[0]!.key, () => undefined));
}

/** Runs a recipe and adds its output to the library under a name. */
async function mergeInto(name: string, recipe: Recipe): Promise<string> {
  const { id } = await engine.run('job', recipe, () => undefined);
  const [weights] = await engine.outputs(id, { layout: 'one', shardBytes: 0 });
  const file = new File([weights!.blob], `${name}.safetensors`);
  return add([{ path: file.name, file }]);
}

let ids: string[];

beforeAll(async () => {
  await emptyStore();
  ids = [];
  for (const [seed, name] of ['base', 'first', 'second'].entries())
    ids.push(await add(picoFolder(name, seed, goldenTexts['./goldens/roberta/tokenizer.json']!)));
});

test('a merge of a merge shows its tree, and its recipe by the library’s names', async () => {
  await engine.addData('first/test.jsonl', picoData('test.jsonl', 8, 3));
  const data = { test: 'first/test.jsonl' };
  const one = await mergeInto('one', recipeOf('base', [{ model: 'first', data }]));
  const two = await mergeInto('two', recipeOf('base', [{ model: 'one' }, { model: 'second' }]));
  await engine.rename(ids[1]!, 'renamed');
  const family = await engine.family(two);
  expect(family?.merge.inputs.map(({ name, id, role }) => [name, id, role])).toEqual([
    ['base', ids[0], 'base'],
    ['one', one, 'fine-tuned'],
    ['second', ids[2], 'fine-tuned'],
  ]);
  const [, inner] = family!.merge.inputs;
  expect(inner?.merge?.inputs.map(({ name, here, role }) => [name, here, role])).toEqual([
    ['base', 'base', 'base'],
    ['first', 'renamed', 'fine-tuned'],
    ['first/test.jsonl', 'first/test.jsonl', 'data'],
  ]);
  expect(family).toMatchObject({ missing: [], rebuild: { models: [{ model: 'one' }, {}] } });
  expect((await engine.family(one))?.rebuild).toMatchObject(
    recipeOf('base', [{ model: 'renamed', data }]),
  );
  expect((await engine.library()).map(({ name, merged }) => [name, merged])).toEqual([
    ...[
      ['base', false],
      ['renamed', false],
      ['second', false],
      ['one', true],
      ['two', true],
    ],
  ]);

  await engine.remove(ids[2]!);
  await engine.removeData('first/test.jsonl');
  const less = await engine.family(two);
  expect(less).toMatchObject({ rebuild: null, missing: [`second (${ids[2]!.slice(0, 12)}…)`] });
  expect((await engine.family(one))?.missing[0]).toMatch(/^the data first\/test\.jsonl \(/);
});

test('a file that claims to be its own ancestor is shown once', async () => {
  const [tensor] = [{ name: 'w', dtype: 'F32' as const, shape: [1] }];
  const claimed = 'c'.repeat(64);
  const recipe = formatRecipe(recipeOf('base', [{ model: 'self' }]));
  const inputs = [claimed, ids[0]!].map((id) => ({ name: 'x', id }));
  const bytes = writeSafetensorsHeader([tensor!], {
    stitchwork_recipe: recipe,
    stitchwork_inputs: JSON.stringify(inputs),
  });
  const file = new File([bytes, new Float32Array(1)], 'loop.safetensors');
  const { candidates } = await engine.inspect([{ path: file.name, file }]);
  expect(candidates[0]?.merged).toBe(true);
  const family = await engine.family(candidates[0]!.key);
  expect(family?.merge.inputs.map(({ here, merge }) => [here, merge])).toEqual([
    ...[
      [null, null],
      ['base', null],
    ],
  ]);
});

test('a recipe that does not parse is told, and the file opens', async () => {
  const bytes = writeSafetensorsHeader([{ name: 'w', dtype: 'F32', shape: [1] }], {
    stitchwork_recipe: 'merge_method: {__proto__: 1}',
  });
  const file = new File([bytes, new Float32Array(1)], 'odd.safetensors');
  const id = await add([{ path: file.name, file }]);
  expect(await engine.family(id)).toMatchObject({
    rebuild: null,
    merge: { method: null, inputs: [], problem: expect.stringMatching(/cannot be read.*Line 1/s) },
  });
});
