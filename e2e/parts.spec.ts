import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from '@playwright/test';
import { headless, readTensors } from './support/headless.ts';
import { safetensors } from './support/safetensors.ts';

const modules = ['', '1_Pooling', '2_Dense'].map((path) => ({ path, type: 'a.Module' }));

/** Writes an embedder of sentence-transformers in which every weight is `value`. */
async function writeEmbedder(folder: string, value: number, dense: string, width = 2) {
  const values = (count: number) => Array.from({ length: count }, () => value);
  const files: Record<string, string | Buffer> = {
    'modules.json': JSON.stringify(modules),
    'README.md': '# Mine\n',
    'config.json': '{"model_type": "bert", "dtype": "float32"}',
    'model.safetensors': safetensors({
      'embeddings.word_embeddings.weight': values(4),
      'encoder.layer.0.attention.self.query.weight': values(4),
    }),
    '1_Pooling/config.json': '{"mean": true}',
    '2_Dense/config.json': '{"in_features": 2, "torch_dtype": "float32"}',
    [dense]: safetensors({ 'linear.weight': values(width) }),
  };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

async function writeModels(width?: number): Promise<string> {
  const models = test.info().outputPath('models');
  await writeEmbedder(join(models, 'base'), 0, '2_Dense/pytorch_model.bin');
  await writeEmbedder(join(models, 'a'), 1, '2_Dense/model.safetensors');
  await writeEmbedder(join(models, 'b'), 3, '2_Dense/model.safetensors', width);
  return models;
}

const recipe = `merge_method: linear
base_model: base
models: [{model: a}, {model: b}]
scope: blocks
out_dtype: bfloat16
`;

async function merge(models: string) {
  const info = test.info();
  const [path, out] = [info.outputPath('recipe.yml'), info.outputPath('merged')];
  await writeFile(path, recipe);
  const ended = await headless(path, '--models', models, '--out', out);
  expect(ended.code, ended.stderr).toBe(0);
  const report = JSON.parse(ended.stdout.trim().split('\n').at(-1) ?? '');
  return { out, notes: report.notes as string[] };
}

/** Of values in bfloat16, as the high halves of float32. */
const bfloat16 = (values: readonly number[]) => {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, i) => {
    const float = Buffer.alloc(4);
    float.writeFloatBE(value);
    bytes.writeUInt16LE(float.readUInt16BE(0), 2 * i);
  });
  return bytes.toString('hex');
};

test('every part of an embedder merges, and the folder has the base’s layout', async () => {
  const { out, notes } = await merge(await writeModels());
  const paths = await readdir(out, { recursive: true, withFileTypes: true });
  const files = paths
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(out.length + 1));
  expect(files.sort()).toEqual([
    '1_Pooling/config.json',
    '2_Dense/config.json',
    '2_Dense/model.safetensors',
    'README.md',
    'base-README.md',
    'config.json',
    'model.safetensors',
    'modules.json',
  ]);
  const dense = await readTensors(join(out, '2_Dense/model.safetensors'));
  expect(dense).toEqual({ 'linear.weight': { dtype: 'BF16', shape: [2], hex: bfloat16([2, 2]) } });
  const encoder = await readTensors(join(out, 'model.safetensors'));
  expect(encoder).toMatchObject({
    'embeddings.word_embeddings.weight': { hex: bfloat16([0, 0, 0, 0]) },
    'encoder.layer.0.attention.self.query.weight': { hex: bfloat16([2, 2, 2, 2]) },
  });
  const textOf = (path: string) => readFile(join(out, path), 'utf8');
  expect(await textOf('config.json')).toContain('"dtype": "bfloat16"');
  expect(await textOf('2_Dense/config.json')).toContain('"torch_dtype": "bfloat16"');
  expect(await textOf('1_Pooling/config.json')).toBe('{"mean": true}');
  expect(await textOf('README.md')).toContain('SentenceTransformer("path/to/this/folder")');
  expect(notes).toContain(
    'base: By modules.json one model; its parts with weights: its own folder, 2_Dense.',
  );
});

test('a part of another shape stays the base’s, and is told', async () => {
  const { out, notes } = await merge(await writeModels(3));
  expect(notes).toContain(
    'b: 1 tensor of the part 2_Dense, which does not fit there, stays as in the base: 2_Dense/linear.weight.',
  );
  const dense = await readTensors(join(out, '2_Dense/model.safetensors'));
  expect(dense).toMatchObject({ 'linear.weight': { hex: bfloat16([0, 0]) } });
});

test('a dropped embedder is one checkpoint; merged, it is saved as a folder, not as one file', async ({
  page,
}) => {
  await page.goto('/');
  await page.locator('#open-folder').setInputFiles(await writeModels());
  const panel = page.getByRole('region', { name: 'What you dropped' });
  await expect(panel).toContainText('2 fine-tunes of it');
  await expect(panel.getByText('By modules.json one model')).toHaveCount(3);
  await page.getByRole('button', { name: /^Add to library/ }).click();
  await page.getByRole('link', { name: 'Set up the merge' }).click();
  await page.getByRole('radio', { name: /^Simple average/ }).check();
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('of weights changed');
  await page.getByText(/^Save single files/).click();
  await expect(page.getByRole('button', { name: /^2_Dense\/model\.safetensors/ })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Save file' })).toBeHidden();
  await page.evaluate(() => {
    const showDirectoryPicker = async () => {
      const storage = await navigator.storage.getDirectory();
      return storage.getDirectoryHandle('saved', { create: true });
    };
    Object.assign(window, { showDirectoryPicker });
  });
  await page.getByRole('button', { name: 'Save folder' }).click();
  await expect(page.getByText(/^Saved \d+ files to saved/)).toBeVisible();
  const bytes = await page.evaluate(async () => {
    const storage = await navigator.storage.getDirectory();
    const saved = await storage.getDirectoryHandle('saved');
    const dense = await saved.getDirectoryHandle('2_Dense');
    return (await (await dense.getFileHandle('model.safetensors')).getFile()).size;
  });
  expect(bytes).toBeGreaterThan(8);
});
