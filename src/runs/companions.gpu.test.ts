import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { goldenTexts } from '../test/dataGoldens.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { emptyStore } from '../test/store.ts';
import { engine } from '../engine/client.ts';
import { picoFolder } from '../test/picoSuite.ts';

const side = (name: string, text: string) => ({
  path: `base/${name}`,
  file: new File([text], name),
});

beforeAll(async () => {
  await emptyStore();
  const folders = ['base', 'first', 'second'].flatMap((name, seed) =>
    picoFolder(name, seed, goldenTexts['./goldens/roberta/tokenizer.json']!),
  );
  const more = [
    side('README.md', '# The base'),
    side('base-README.md', '# Of the base’s base'),
    side('mergekit_config.yml', 'of: the base'),
  ];
  const { candidates } = await engine.inspect([...folders, ...more]);
  for (const { key } of candidates) await engine.ingest('job', key, () => undefined);
});

async function savedWith(merge_method: string) {
  const recipe: Recipe = {
    ...{ merge_method, base_model: 'base', models: [{ model: 'first' }, { model: 'second' }] },
    ...{ dtype: 'float32', out_dtype: 'base' },
  };
  const { id } = await engine.run('job', recipe, () => undefined);
  const files = await engine.outputs(id, { layout: 'one', shardBytes: 0 });
  const textOf = async (name: string) => files.find((file) => file.name === name)?.blob.text();
  return { names: files.map(({ name }) => name).sort(), textOf };
}

test('a saved folder has a card of its own, and the base’s under another name', async () => {
  const { names, textOf } = await savedWith('localize_and_stitch');
  expect(names).toEqual([
    ...['README.md', 'base-README.md', 'config.json', 'model.safetensors', 'tokenizer.json'],
  ]);
  expect(await textOf('base-README.md')).toBe('# The base');
  const card = (await textOf('README.md')) ?? '';
  const library = await engine.library();
  for (const { name, id } of library)
    expect(card).toContain(
      `| ${name} | `.concat(name === 'base' ? 'base' : 'fine-tuned', ` | \`${id}\` |`),
    );
  expect(card).toContain('mergekit has no method localize_and_stitch');
  expect(card).toContain('| first | ');
});

test('what mergekit can do is written for it in place of what the base brought', async () => {
  const { textOf } = await savedWith('ties');
  expect(parse((await textOf('mergekit_config.yml')) ?? '')).toMatchObject({
    merge_method: 'ties',
    base_model: 'base',
    models: [{ model: 'first', parameters: { density: 0.2, weight: 1 } }, { model: 'second' }],
    out_dtype: 'float32',
  });
});
