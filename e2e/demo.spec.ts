import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { makeCheckpoint } from './makeCheckpoint.ts';
import {
  expectDemoResult,
  expectDemoRuns,
  tryDemo,
  visionFiles,
  visionFolder,
  visionTasks,
} from './support/demo.ts';
import { tabTo } from './support/keyboard.ts';
import { openPart } from './support/result.ts';

test.describe.configure({ timeout: 240_000 });

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

test.describe('the result of a demo', () => {
  test.describe.configure({ mode: 'serial' });
  let page: Page;
  const foreign: string[] = [];
  const complaints: string[] = [];
  test.beforeAll(async ({ browser, baseURL }) => {
    page = await browser.newPage();
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol.startsWith('http') && origin !== baseURL) foreign.push(request.url());
    });
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    // As in browsers that have none.
    await page.addInitScript(() => {
      Reflect.deleteProperty(window, 'showSaveFilePicker');
      Reflect.deleteProperty(window, 'showDirectoryPicker');
    });
    await page.goto('/');
    await expect(page.getByRole('button', { name: 'Try the demo' })).toBeVisible();
    await tabTo(page, 'button', /Try the demo/);
    await page.keyboard.press('Enter');
    await expectDemoResult(page);
  });
  test.afterAll(() => page.context().close());

  test('it leads to a saved file without another question and without a mouse', async () => {
    await tabTo(page, 'link', /^Save$/);
    await page.keyboard.press('Enter');
    await tabTo(page, 'button', /^Save file/);
    const coming = page.waitForEvent('download');
    await page.keyboard.press('Enter');
    const download = await coming;
    expect(download.suggestedFilename()).toMatch(/\.safetensors$/);
    const base = tensorNames(readFileSync(join(visionFolder, 'base/model.safetensors')));
    expect(tensorNames(readFileSync(await download.path())).sort()).toEqual(base.sort());
    await openPart(page, 'Masks');
    await tabTo(page, 'gridcell', /layer 1/);
    await page.keyboard.press('ArrowRight');
    await expect(page.getByRole('gridcell', { name: /layer 2/ }).first()).toBeFocused();
    expect(foreign).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('it survives a reload and saves as a zip with its side files', async () => {
    const headline = await page.getByRole('heading', { level: 1 }).innerText();
    await page.reload();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(headline);

    await openPart(page, 'Save');
    const coming = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save all as zip' }).click();
    const zip = readFileSync(await (await coming).path());
    for (const name of ['model.safetensors', 'config.json'])
      expect(zip.includes(name), name).toBe(true);
  });

  test('a picked file is streamed to disk, and its bytes are those of the download', async () => {
    await page.addInitScript(() => {
      Reflect.set(window, 'showSaveFilePicker', async () => {
        const root = await navigator.storage.getDirectory();
        return root.getFileHandle('picked.safetensors', { create: true });
      });
    });
    await page.reload();
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

  test('every figure is a file of its own, as SVG and as CSV', async () => {
    let seen = 0;
    for (const part of ['Scores', 'Masks', 'Weights'] as const) {
      await openPart(page, part);
      seen += await saveFigures();
    }
    expect(seen).toBeGreaterThan(6);
  });

  /** Saves every figure on screen as SVG and as CSV; how many there are. */
  async function saveFigures(): Promise<number> {
    await page.reload();
    await expect(page.getByRole('figure').first()).toBeVisible();
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
    return count;
  }

  test('it tells what base, fine-tuned, graft and merged models score on every task', async () => {
    const { scores, models, seconds } = await page.evaluate(async () => {
      const id = (await window.stitchwork?.engine.runs())?.[0]?.id ?? '';
      const result = await window.stitchwork?.engine.result(id);
      return { scores: [], models: [], seconds: null, ...result };
    });
    const known = visionTasks().map(({ id }) => id);
    expect(known).toEqual(expect.arrayContaining(models));
    expect(models.length).toBeGreaterThan(1);
    for (const model of ['base', 'finetuned', 'graft', 'merged']) {
      const of = scores.filter((score) => score.model === model);
      expect(of.map(({ task }) => task)).toEqual(models);
      console.log(model, of.map(({ value }) => value.toFixed(2)).join(' '));
    }
    console.log('seconds', JSON.stringify(seconds));
    await openPart(page, 'Scores');
    await expect(page.getByRole('region', { name: 'Scores', exact: true })).toBeVisible();
  });

  test('a term explains itself on hover and focus, and Escape closes it', async () => {
    await openPart(page, 'Masks');
    const term = page.getByRole('button', { name: 'Jaccard index' });
    const line = page.getByRole('tooltip').filter({ hasText: 'Positions two masks share' });
    await expect(term).toHaveAccessibleDescription(/^Positions two masks share/);
    await expect(line).toBeHidden();
    await term.hover();
    await expect(line).toBeVisible();
    await page.mouse.move(0, 0);
    await expect(line).toBeHidden();
    await term.focus();
    await expect(line).toBeVisible();
    const [word, tip] = [await term.boundingBox(), await line.boundingBox()];
    expect(Math.abs(tip!.x - word!.x)).toBeLessThan(40);
    await page.keyboard.press('Escape');
    await expect(line).toBeHidden();
  });

  test('files added after the demo make a recipe of their own', async () => {
    const own = [makeCheckpoint('tiny-base', 7), makeCheckpoint('tiny-news', 8)];
    await page.locator('#open-files').setInputFiles(own);
    await page.getByRole('button', { name: /^Add to library/ }).click();
    await page.getByRole('link', { name: 'Set up the merge' }).click();
    const editor = page.getByRole('textbox', { name: 'Recipe as YAML' });
    await expect(editor).toHaveValue(/base_model: tiny-base\nmodels:\n {2}- model: tiny-news\n\w/);
    await expect(page.getByRole('button', { name: 'Merge', exact: true })).toBeEnabled();
  });
});

test('the demo is loaded once, and is there at once the next time', async ({ page }) => {
  const fetched: string[] = [];
  page.on('request', (request) => {
    if (request.url().includes('?v=')) fetched.push(request.url());
  });
  await page.goto('/');
  const load = () =>
    page.evaluate(async () => {
      const began = performance.now();
      const folder = new URL('demo/', document.baseURI).href;
      await window.stitchwork?.engine.loadDemo('e2e', folder, 'vision', () => undefined);
      return performance.now() - began;
    });
  const first = await load();
  const { files, bytes } = visionFiles();
  expect(new Set(fetched).size).toBe(files);
  const again = await load();
  expect(fetched).toHaveLength(files);
  console.log(`${bytes} bytes, ready in ${first.toFixed(0)} ms, again in ${again.toFixed(0)} ms`);
  expect(again).toBeLessThan(1000);
});

test('loading the demo can be cancelled, and begun again', async ({ page }) => {
  // Never answered.
  await page.route(/\/digits\/.*\?v=/, () => undefined);
  await page.goto('/');
  await page.getByRole('button', { name: 'Try the demo' }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('button', { name: 'Try the demo' })).toBeVisible();
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await page.getByRole('button', { name: 'Try the demo' }).click();
  await expectDemoRuns(page);
});

test('the demo goes on where it is left, and brings nobody back', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('button', { name: 'Try the demo' }).click();
  await expectDemoRuns(page);
  await page.getByRole('link', { name: 'Library', exact: true }).click();
  await expect
    .poll(
      () =>
        page.evaluate(async () => (await window.stitchwork?.engine.runs())?.map((r) => r.state)),
      { timeout: 100_000 },
    )
    .toEqual(['done']);
  await expect(page.getByRole('heading', { level: 1, name: 'Library' })).toBeVisible();
  await page.getByRole('link', { name: 'Results', exact: true }).click();
  await expectDemoResult(page);
});

test('scores tell of grafts where there are some', async ({ page }) => {
  await page.goto('/');
  await tryDemo(page);
  await openPart(page, 'Scores');
  const explained = page.getByText('masked weights alone');
  await expect(explained).toBeVisible();
  await page.getByRole('link', { name: 'Merge', exact: true }).click();
  await page.getByRole('radio', { name: 'Simple average' }).check();
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  const headline = page.getByRole('heading', { level: 1 });
  await expect(headline).toContainText('Merging keeps', { timeout: 60_000 });
  await openPart(page, 'Scores');
  await expect(page.getByText('On the test data of each task')).toBeVisible();
  await expect(explained).toBeHidden();
});
