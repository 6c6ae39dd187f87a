import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { roberta, countElements } from '../scripts/shapes.js';
import { makeCheckpoint, shape } from './makeCheckpoint.ts';

const names = ['intermediate', 'output'].map(
  (part) => `roberta.encoder.layer.1.${part}.dense.weight`,
);

/** A checkpoint in which the first values of two tensors are these. */
function withFirst(name: string, seed: number, values: readonly number[]) {
  const { tensors } = roberta(shape);
  const file = makeCheckpoint(name, seed);
  const total = tensors.reduce((sum, tensor) => sum + countElements(tensor), 0);
  const data = file.buffer.length - 4 * total;
  for (const [i, value] of values.entries()) {
    const before = tensors.slice(
      0,
      tensors.findIndex((each) => each.name === names[i]),
    );
    const at = before.reduce((sum, tensor) => sum + countElements(tensor), 0);
    file.buffer.writeFloatLE(value, data + 4 * at);
  }
  return file;
}

const recipe = `merge_method: task_arithmetic
base_model: base
models:
  - model: sentiment
  - model: questions
out_dtype: float16
`;

test('values that are not finite, or too large, are told before the merge and after it', async ({
  page,
}) => {
  await page.goto('/');
  await page
    .locator('#open-files')
    .setInputFiles([
      makeCheckpoint('base', 0),
      withFirst('sentiment', 1, [NaN, 1e6]),
      makeCheckpoint('questions', 2),
      { name: 'half.yml', mimeType: 'text/yaml', buffer: Buffer.from(recipe) },
    ]);
  await page.getByRole('button', { name: /^Add to library/ }).click();
  await page.getByRole('link', { name: 'Set up the merge' }).click();
  await expect(page.getByText('F16 holds no values beyond 65,504.')).toBeVisible();
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('of weights changed');
  for (const text of [
    `sentiment has 1 value that is NaN or infinite, in 1 tensor: ${names[0]}.`,
    `The output has 1 value that is NaN or infinite, in 1 tensor: ${names[0]}.`,
    `The output has 1 value that is too large for F16 and became infinite or NaN, in 1 tensor: ${names[1]}.`,
  ])
    await expect(page.getByText(text)).toBeVisible();
});

test('words that only one model has are told, and kept on request', async ({ page }) => {
  const folder = new URL('../src/merge/goldens/apart/', import.meta.url);
  const files = ['apart', 'wide', 'own'].map((name) => ({
    name: `${name}.safetensors`,
    mimeType: 'application/octet-stream',
    buffer: readFileSync(new URL(`${name}.safetensors`, folder)),
  }));
  const text = `merge_method: task_arithmetic
base_model: apart
models:
  - model: wide
  - model: own
`;
  await page.goto('/');
  const words = { name: 'words.yml', mimeType: 'text/yaml', buffer: Buffer.from(text) };
  await page.locator('#open-files').setInputFiles([...files, words]);
  await page.getByRole('button', { name: /^Add to library/ }).click();
  await page.getByRole('link', { name: 'Set up the merge' }).click();
  const differ = '2 tensors differ in rows, 8 in apart and own, 11 in wide: the first 8 merge;';
  await expect(page.getByText(`${differ} those beyond 8 are left out`)).toBeVisible();
  await page.getByLabel('Words that only models have').selectOption('all');
  const kept = `${differ} those beyond 8 are the mean of the models that have them;`;
  await expect(page.getByText(kept)).toBeVisible();
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('of weights changed');
  await expect(page.getByText(kept)).toBeVisible();
});
