import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import { BlobReader, Uint8ArrayWriter, ZipReader } from '@zip.js/zip.js';

const golden = new URL('../src/library/goldens/adapters/plain/', import.meta.url);

/** Values of the tensors of a float32 safetensors file, by name. */
function tensorsIn(bytes: Buffer): Map<string, Float32Array> {
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Record<
    string,
    { data_offsets: [number, number] }
  >;
  const { __metadata__: _, ...entries } = header;
  const data = bytes.subarray(8 + length);
  return new Map(
    Object.entries(entries).map(([name, { data_offsets }]) => {
      const part = Uint8Array.from(data.subarray(...data_offsets));
      return [name, new Float32Array(part.buffer)];
    }),
  );
}

/** A folder with a base and an adapter of PEFT in a folder of its own. */
function makeFolder(folder: string): string {
  cpSync(new URL('base.safetensors', golden), `${folder}/base.safetensors`);
  for (const file of ['adapter_config.json', 'adapter_model.safetensors'])
    cpSync(new URL(file, golden), `${folder}/mood/${file}`);
  return folder;
}

async function download(page: Page, button: string): Promise<Buffer> {
  const arriving = page.waitForEvent('download');
  await page.getByRole('button', { name: button }).click();
  return readFileSync(await (await arriving).path());
}

/** Expects B·A of the adapter in a zip to be what one layer of a merge changed. */
async function expectProduct(zip: Buffer, merged: ReadonlyMap<string, Float32Array>) {
  const reader = new ZipReader(new BlobReader(new Blob([Uint8Array.from(zip)])));
  const entries = await reader.getEntries();
  const entry = entries.find(({ filename }) => filename === 'adapter_model.safetensors');
  if (!entry || entry.directory) throw new Error('The zip holds no adapter.');
  const adapter = tensorsIn(Buffer.from(await entry.getData(new Uint8ArrayWriter())));
  const base = tensorsIn(readFileSync(new URL('base.safetensors', golden)));
  const [size, rank] = [8, 4];
  const module = 'model.layers.1.self_attn.v_proj';
  const [a, b] = ['A', 'B'].map((part) =>
    adapter.get(`base_model.model.${module}.lora_${part}.weight`)!,
  );
  const [before, after] = [base, merged].map((tensors) => tensors.get(`${module}.weight`)!);
  for (let k = 0; k < size * size; k++) {
    const [row, column] = [Math.floor(k / size), k % size];
    let product = 0;
    for (let i = 0; i < rank; i++) product += b![row * rank + i]! * a![i * size + column]!;
    expect(product).toBeCloseTo(after![k]! - before![k]!, 6);
  }
}

test.beforeEach(({ page }) =>
  page.addInitScript(() => {
    Reflect.deleteProperty(window, 'showSaveFilePicker');
    Reflect.deleteProperty(window, 'showDirectoryPicker');
  }),
);

test('an adapter is told, merges as PEFT merges it, and the merge is an adapter again', async ({
  page,
}, info) => {
  const folder = makeFolder(info.outputPath('models'));
  writeFileSync(
    `${folder}/sum.yml`,
    'merge_method: task_arithmetic\ncompat: mergekit\nbase_model: base\nmodels:\n  - {model: mood, parameters: {weight: 1}}\ndtype: float32\n',
  );
  await page.goto('/');
  await page.locator('#open-folder').setInputFiles(folder);
  const dropped = page.getByRole('region', { name: 'What you dropped' });
  await expect(dropped.getByText('an adapter of it')).toBeVisible();
  await expect(dropped.getByText('LoRA adapter, rank 4, for org/base')).toBeVisible();
  await page.getByRole('button', { name: /^Add to library/ }).click();
  await page.getByRole('link', { name: 'Set up the merge' }).click();
  const remark =
    'mood is a LoRA adapter (PEFT, rank 4): the base + alpha / rank · B·A in 4 modules: model.layers.0.self_attn.q_proj, model.layers.0.self_attn.v_proj, model.layers.1.self_attn.q_proj and 1 more.';
  await expect(page.getByText(remark)).toBeVisible();
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('of weights changed');
  await expect(page.getByText(remark)).toBeVisible();

  const merged = tensorsIn(await download(page, 'Save file'));
  const right = tensorsIn(readFileSync(new URL('merged.safetensors', golden)));
  expect([...merged.keys()].sort()).toEqual([...right.keys()].sort());
  for (const [name, values] of right)
    values.forEach((value, k) => {
      const off = Math.abs(merged.get(name)![k]! - value);
      if (off > 1e-6) throw new Error(`${name}[${k}] is off by ${off}.`);
    });

  await page.getByText('Save as a LoRA adapter').click();
  await page.getByLabel('Rank, at most').fill('4');
  const zip = await download(page, 'Save LoRA adapter');
  await expectProduct(zip, merged);
  await expect(
    page.getByText('Rank 4, off by less than 0.001 % of the changes’ norm.'),
  ).toBeVisible();
});

test('an adapter alone asks for its base', async ({ page }, info) => {
  const folder = makeFolder(info.outputPath('models'));
  await page.goto('/');
  await page.locator('#open-folder').setInputFiles(`${folder}/mood`);
  await expect(
    page.getByText('An adapter merges on its base. Drop org/base as well, or before.'),
  ).toBeVisible();
});
