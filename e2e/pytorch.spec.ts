import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { readSafetensorsHeader } from '../src/formats/safetensors.ts';
import { file } from './support/badFiles.ts';
import { names } from './support/library.ts';

const goldens = join(import.meta.dirname, '../src/formats/pytorch/goldens');
const golden = (name: string) => readFile(join(goldens, name));

const recipe = `merge_method: linear
base_model: base
models: [{ model: one }, { model: two }]
scope: all
out_dtype: base
`;

/** Every tensor of a safetensors file, by name without this beginning. */
async function tensorsOf(bytes: Buffer, beginning: string) {
  const source = { path: 'x', blob: new Blob([new Uint8Array(bytes)]) };
  const { tensors } = await readSafetensorsHeader(source, 0);
  const found = tensors.filter(({ name }) => name.startsWith(beginning));
  return new Map(
    found.map(({ name, dtype, shape, start, end }) => [
      name.slice(beginning.length),
      { dtype, shape, hex: bytes.subarray(start, end).toString('hex') },
    ]),
  );
}

test('a folder of PyTorch weights merges with PyTorch files, new and old, into what PyTorch reads from them', async ({
  page,
}) => {
  const folder = test.info().outputPath('base');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'pytorch_model.bin'), await golden('zip.bin'));
  await page.goto('/');
  await page.locator('#open-folder').setInputFiles(folder);
  const panel = page.getByRole('region', { name: 'What you dropped' });
  await expect(panel.getByRole('checkbox')).toHaveCount(1);
  await page
    .locator('#open-files')
    .setInputFiles([
      file('one.pt', await golden('protocol4.pt')),
      file('two.bin', await golden('legacy.bin')),
      file('recipe.yml', Buffer.from(recipe)),
    ]);
  await expect(panel.getByRole('checkbox')).toHaveCount(3);
  await page.getByRole('button', { name: /^Add to library/ }).click();
  await expect(names(page)).toHaveText(['base', 'one', 'two']);

  await page.goto('/#/merge');
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('No weight changed');
  await page.getByText('Single files').click();
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: /^model\.safetensors/ }).click();
  const saved = await readFile(await (await downloading).path());
  const expected = await tensorsOf(await golden('expected.safetensors'), 'zip.bin/');
  expect(expected.size).toBe(25);
  expect(await tensorsOf(saved, '')).toEqual(expected);
});

test('the models of one file stand side by side', async ({ page }) => {
  const corpus = (name: string) => readFile(join(goldens, '../../corpus', name));
  await page.goto('/');
  await page.locator('#open-files').setInputFiles([file('gan.pth', await corpus('gan.pth'))]);
  const panel = page.getByRole('region', { name: 'What you dropped' });
  await expect(panel.getByRole('checkbox')).toHaveCount(2);
  await expect(panel).toContainText('gan.pth holds another model under “discriminator”.');
  await page.getByRole('button', { name: /^Add to library/ }).click();
  await expect(names(page)).toHaveText(['gan.generator', 'gan.discriminator']);
});

test('a zip of weights is told for what it is, and taken for no pictures', async ({ page }) => {
  const agent = await readFile(join(goldens, '../../corpus/agent.zip'));
  await page.goto('/');
  await page.locator('#open-files').setInputFiles([file('agent.zip', agent)]);
  await expect(page.getByRole('main')).toContainText(
    'agent.zip is an agent of Stable-Baselines3: a zip that holds policy.pth',
  );
});

test('a pickled module gives its weights, and what is left out is told', async ({ page }) => {
  await page.goto('/');
  const module = file('encoder.pt', await golden('module.pt'));
  await page.locator('#open-files').setInputFiles([module]);
  const panel = page.getByRole('region', { name: 'What you dropped' });
  await expect(panel).toContainText('the pickled module src.modeling.ImageEncoder was read');
  await expect(panel).toContainText('Left out of encoder.pt: model.attn_mask.');
  await expect(panel.getByRole('button', { name: /^Add to library/ })).toBeEnabled();
});
