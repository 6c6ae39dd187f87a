import { readFileSync } from 'node:fs';
import { expect, type Page, test } from '@playwright/test';

/** Tensor names of a safetensors file, after a check that its offsets reach exactly to its end. */
function tensorNames(bytes: Buffer): string[] {
  const length = Number(bytes.readBigUInt64LE(0));
  const header: Record<string, { data_offsets: [number, number] }> = JSON.parse(
    bytes.toString('utf8', 8, 8 + length),
  );
  const names = Object.keys(header).filter((name) => name !== '__metadata__');
  const end = Math.max(...names.map((name) => header[name]?.data_offsets[1] ?? 0));
  expect(bytes.length).toBe(8 + length + end);
  return names;
}

async function runDemo(page: Page) {
  await page.goto('/');
  await page.getByRole('button', { name: 'Try the demo' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('of weights changed');
}

/** Without pickers, as in browsers that have none. */
async function withoutPickers(page: Page) {
  await page.addInitScript(() => {
    Reflect.deleteProperty(window, 'showSaveFilePicker');
    Reflect.deleteProperty(window, 'showDirectoryPicker');
  });
}

test('the demo leads to a result and a saved file without another question', async ({
  page,
  baseURL,
}) => {
  const foreign: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith('http') && origin !== baseURL) foreign.push(request.url());
  });
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await withoutPickers(page);
  await runDemo(page);
  await expect(page.getByRole('figure')).toHaveCount(8);

  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: /^Save file/ }).click();
  const download = await coming;
  expect(download.suggestedFilename()).toMatch(/\.safetensors$/);
  const base = tensorNames(readFileSync('public/demo/base/model.safetensors'));
  expect(tensorNames(readFileSync(await download.path())).sort()).toEqual(base.sort());
  expect(foreign).toEqual([]);
  expect(complaints).toEqual([]);
});

test('the demo’s result survives a reload and saves as a zip with its side files', async ({
  page,
}) => {
  await withoutPickers(page);
  await runDemo(page);
  const headline = await page.getByRole('heading', { level: 1 }).innerText();
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(headline);

  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save all as zip' }).click();
  const zip = readFileSync(await (await coming).path());
  for (const name of ['model.safetensors', 'config.json'])
    expect(zip.includes(name), name).toBe(true);
});

test('a picked file is streamed to disk, and its bytes are those of the download', async ({
  page,
}) => {
  await page.addInitScript(() => {
    Reflect.set(window, 'showSaveFilePicker', async () => {
      const root = await navigator.storage.getDirectory();
      return root.getFileHandle('picked.safetensors', { create: true });
    });
  });
  await runDemo(page);
  await page.getByRole('button', { name: /^Save file/ }).click();
  await expect(page.getByText('Saved picked.safetensors.')).toBeVisible();
  const hashes = await page.evaluate(async () => {
    const hash = async (blob: Blob) =>
      new Uint8Array(
        await crypto.subtle.digest('SHA-256', await new Response(blob).arrayBuffer()),
      ).join();
    const root = await navigator.storage.getDirectory();
    const file = await (await root.getFileHandle('picked.safetensors')).getFile();
    const run = (await window.stitchwork?.engine.runs())?.[0]?.id ?? '';
    const outputs = await window.stitchwork?.engine.outputs(run, {
      layout: 'one',
      shardBytes: 5e9,
    });
    const weights = outputs?.find(({ name }) => name.endsWith('.safetensors'));
    return [await hash(file), weights && (await hash(weights.blob))];
  });
  expect(hashes[0]).toBe(hashes[1]);
});

test('every figure is a file of its own, as SVG and as CSV', async ({ page }) => {
  await runDemo(page);
  const figures = page.getByRole('figure');
  const count = await figures.count();
  for (let i = 0; i < count; i++) {
    // Chromium asks before the eleventh download of a page.
    if (i === 5) await page.reload();
    const figure = figures.nth(i);
    const save = async (name: string) => {
      const coming = page.waitForEvent('download');
      await figure.getByRole('button', { name }).click();
      return readFileSync(await (await coming).path(), 'utf8');
    };
    const title = await figure.getByRole('heading').innerText();
    const svg = await save('SVG');
    expect(svg).toMatch(/^<svg [^>]*xmlns=/);
    expect(svg).toContain(`<title>${title}</title>`);
    expect(svg).not.toMatch(/var\(--|class=|style=/);
    const rows = (await save('CSV')).trimEnd().split('\r\n');
    expect(rows.length).toBe(await figure.getByRole('table').getByRole('row').count());
  }
});
