import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { safetensorsHeader } from '../scripts/shapes.js';
import { mulberry32 } from '../src/data/random.ts';
import { addToLibrary } from './support/library.ts';

const side = 384;
const layers = 6;
const name = (layer: number) => `roberta.encoder.layer.${layer}.output.dense.weight`;
const tensors = Array.from({ length: layers }, (_, i) => ({ name: name(i), shape: [side, side] }));

/** Weights that rise by 1/8 from place to place, and 1/2 more where each of these rows meets one column of its own. */
function checkpoint(file: string, from: number, to: number) {
  const data = Float32Array.from({ length: layers * side * side }, (_, at) => {
    const row = Math.floor(at / side) % side;
    const changed = row >= from && row < to && at % side === (7 * row + 3) % side;
    return (at % 61) / 8 + (changed ? 0.5 : 0);
  });
  const buffer = Buffer.concat([safetensorsHeader(tensors, 'F32'), Buffer.from(data.buffer)]);
  return {
    data,
    file: { name: `${file}.safetensors`, mimeType: 'application/octet-stream', buffer },
  };
}

test('large matrices merge in workers of their own', async ({ page }) => {
  const [base, top, bottom, both] = [
    checkpoint('base', 0, 0),
    checkpoint('top', 0, side / 2),
    checkpoint('bottom', side / 2, side),
    checkpoint('both', 0, side),
  ];
  await page.goto('/');
  await addToLibrary(page, [base.file, top.file, bottom.file]);
  await page.workers()[0]!.evaluate(() => {
    Reflect.set(globalThis, 'begun', 0);
    globalThis.Worker = class extends Worker {
      constructor(...given: ConstructorParameters<typeof Worker>) {
        super(...given);
        const own = Number(given[1]?.name === 'matrix');
        Reflect.set(globalThis, 'begun', Number(Reflect.get(globalThis, 'begun')) + own);
      }
    };
  });
  await page.goto('/#/merge');
  const recipe = { merge_method: 'tsv_merge', base_model: 'base', models: ['top', 'bottom'] };
  const text = { ...recipe, models: recipe.models.map((model) => ({ model })), out_dtype: 'base' };
  await page.getByRole('textbox', { name: 'Recipe as YAML' }).fill(JSON.stringify(text));
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  await page.getByText('Single files').click();
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: /^model\.safetensors/ }).click();
  const bytes = readFileSync(await (await downloading).path());

  // The changes lie in directions of their own, so that all of each is kept.
  const weights = new Float32Array(
    bytes.buffer.slice(
      bytes.byteOffset + bytes.length - both.data.byteLength,
      bytes.byteOffset + bytes.length,
    ),
  );
  const far = weights.findIndex((x, at) => !(Math.abs(x - both.data[at]!) < 1e-5));
  expect(far).toBe(-1);
  const begun = await page.workers()[0]!.evaluate(() => Number(Reflect.get(globalThis, 'begun')));
  expect(begun).toBe(layers);
});

/** A matrix as a file. */
function matrix(file: string, at: (row: number, column: number) => number) {
  const data = Float32Array.from({ length: side * side }, (_, k) =>
    at(Math.floor(k / side), k % side),
  );
  const header = safetensorsHeader([{ name: name(0), shape: [side, side] }], 'F32');
  const buffer = Buffer.concat([header, Buffer.from(data.buffer)]);
  return { name: `${file}.safetensors`, mimeType: 'application/octet-stream', buffer };
}

test('a matrix whose singular vectors come the slow way is told on the page and on the card', async ({
  page,
}) => {
  await page.goto('/');
  // Their sum has one large singular value, and else equal ones.
  const random = mulberry32(7);
  const u = Array.from({ length: side }, () => Math.floor(random() * 1000));
  const unit = matrix('unit', (row, column) => 4096 * Number(row === column));
  const outer = matrix('outer', (row, column) => u[row]! * u[column]!);
  await addToLibrary(page, [matrix('base', () => 0), unit, outer]);
  await page.goto('/#/merge');
  const models = ['unit', 'outer'].map((model) => ({ model }));
  const recipe = { merge_method: 'iso_c', base_model: 'base', models, out_dtype: 'base' };
  await page.getByRole('textbox', { name: 'Recipe as YAML' }).fill(JSON.stringify(recipe));
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  const told = `The singular vectors of 1 matrix came the slow way, by QL, because inverse iteration did not find them: ${name(0)}.`;
  await expect(page.getByRole('listitem').filter({ hasText: told })).toBeVisible();
  await page.getByText('Single files').click();
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: /^README\.md/ }).click();
  const card = readFileSync(await (await downloading).path(), 'utf8');
  expect(card.replaceAll('\\', '')).toContain(told);
});
