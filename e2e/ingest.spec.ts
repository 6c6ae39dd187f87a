import { createHash, randomFillSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { chromiumArgs, findChromium } from '../scripts/chromium.js';
import { safetensorsHeader } from '../scripts/shapes.js';
import { makeCheckpoint } from './makeCheckpoint.ts';
import { addToLibrary, names } from './support/library.ts';
import { limitStorage } from './support/storage.ts';

const rows = 80 * 1024;
let folder = '';
let path = '';

/** One tensor of 320 MB of random bytes: five slices to copy. */
test.beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stitchwork-large-'));
  path = join(folder, 'large.safetensors');
  const piece = randomFillSync(Buffer.alloc(rows * 64));
  writeFileSync(path, safetensorsHeader([{ name: 'table', shape: [rows, 1024] }], 'F32'));
  for (let i = 0; i < 64; i++) writeFileSync(path, piece, { flag: 'a' });
});

test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function openLarge(page: Page): Promise<void> {
  if (page.url() === 'about:blank') await page.goto('/');
  await page.locator('#open-files').setInputFiles(path);
  await expect(page.getByRole('checkbox', { name: 'Add large' })).toBeVisible();
}

const add = (page: Page) =>
  page.getByRole('button', { name: /^(Add to library|Resume and add) \(/ });

/** Keeps every tab of this profile from hashing, until this one is closed. */
async function holdHashing(page: Page): Promise<void> {
  await page.goto('/');
  await page.evaluate(
    () =>
      new Promise<void>((held) => {
        void navigator.locks.request('stitchwork-hash', () => new Promise(() => held()));
      }),
  );
}

/** The content id by its definition. */
function contentIdOf(bytes: Buffer): string {
  const sha256 = (data: Buffer) => createHash('sha256').update(data).digest();
  const chunks = Array.from({ length: Math.ceil(bytes.length / 2 ** 19) }, (_, i) =>
    sha256(bytes.subarray(i * 2 ** 19, (i + 1) * 2 ** 19)),
  );
  return sha256(Buffer.concat(chunks)).toString('hex');
}

const listed = (page: Page) => page.evaluate(() => window.stitchwork!.engine.library());

/** Content ids of the library, once they are known. */
const contentIds = (page: Page) =>
  page.evaluate(async () => {
    const { engine } = window.stitchwork!;
    return Promise.all((await engine.library()).map(({ id }) => engine.identify(id)));
  });

/** Has the worker take half a second for each slice that it copies. */
async function slowCopies(page: Page): Promise<void> {
  await page.workers()[0]!.evaluate(() => {
    const { put } = IDBObjectStore.prototype;
    const { arrayBuffer } = Blob.prototype;
    let copying = false;
    IDBObjectStore.prototype.put = function (value, key) {
      copying = Array.isArray(key) && key[0] === 'slice';
      return put.call(this, value, key);
    };
    Blob.prototype.arrayBuffer = async function () {
      if (copying) await new Promise((resolve) => setTimeout(resolve, 500));
      return arrayBuffer.call(this);
    };
  });
}

async function expectMidCopy(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const bar = document.querySelector<HTMLProgressElement>('progress[aria-label="Copying large"]');
    return bar !== null && bar.value > 0.1 && bar.value < 1;
  });
}

test('a copy cut off by a closed tab goes on from there and ends with the same content id', async ({
  context,
  browser,
}) => {
  const tab = await context.newPage();
  await openLarge(tab);
  await slowCopies(tab);
  await add(tab).click();
  await expectMidCopy(tab);
  await tab.close();

  const page = await context.newPage();
  await openLarge(page);
  expect(await contentIds(page)).toEqual([]);
  await expect(page.getByText(/Cut off earlier/)).toBeVisible();
  await expect(page.getByText(/MB are already here; the copy goes on from there/)).toBeVisible();
  await page.getByRole('button', { name: /^Resume and add/ }).click();
  await expect(names(page)).toHaveText(['large']);

  const fresh = await browser.newPage();
  await openLarge(fresh);
  await fresh.getByRole('button', { name: /^Add to library/ }).click();
  await expect(names(fresh)).toHaveText(['large']);
  expect(await contentIds(page)).toEqual(await contentIds(fresh));
  await fresh.context().close();
});

test('hashing cut off by a closed tab goes on by itself, and the copy is usable meanwhile', async ({
  context,
}) => {
  const tab = await context.newPage();
  await holdHashing(tab);
  await openLarge(tab);
  await add(tab).click();
  await expect(names(tab)).toHaveText(['large']);
  await expect(tab.getByText('hashing', { exact: true })).toBeVisible();
  const [{ id } = { id: '' }] = await listed(tab);
  await tab.close();

  const page = await context.newPage();
  await page.goto('/');
  await expect(names(page)).toHaveText(['large']);
  await expect(page.getByText('hashing', { exact: true })).toHaveCount(0);
  await expect
    .poll(() => listed(page))
    .toMatchObject([{ id: contentIdOf(readFileSync(path)), hashing: false, formerIds: [id] }]);
});

test('a copy that was cancelled is kept, and goes on', async ({ page }) => {
  await openLarge(page);
  await slowCopies(page);
  await add(page).click();
  await expectMidCopy(page);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByText('Stopped. What was copied is kept')).toBeVisible();
  await add(page).click();
  await expect(names(page)).toHaveText(['large']);
});

test('data that fill the disk are told once, in their panel, and wait there with the checkpoints', async ({
  browser,
}) => {
  // A profile on disk: one in memory counts the bytes of copied files too low.
  const { baseURL } = test.info().project.use;
  const context = await browser
    .browserType()
    .launchPersistentContext(test.info().outputPath('profile'), {
      ...{ executablePath: findChromium(), args: chromiumArgs, baseURL },
      serviceWorkers: 'block',
    });
  const page = await context.newPage();
  await limitStorage(page, 50e6);
  await page.goto('/');
  await addToLibrary(page, [makeCheckpoint('earlier', 0)]);
  const tasks = join(folder, 'tasks');
  const lines = `{"text": "${'word '.repeat(200)}", "label": 0}\n`.repeat(20_000);
  for (const name of ['mood', 'tone', 'topic', 'style', 'length', 'place']) {
    mkdirSync(join(tasks, name), { recursive: true });
    writeFileSync(join(tasks, name, 'train.jsonl'), lines);
  }
  writeFileSync(join(tasks, 'later.safetensors'), makeCheckpoint('later', 1).buffer);
  await page.locator('#open-folder').setInputFiles(tasks);
  await expect(page.getByRole('checkbox', { name: /^Add / })).toBeVisible();
  await add(page).click();
  const panel = page.getByRole('region', { name: 'What you dropped' });
  await expect(panel.getByRole('alert')).toContainText(
    /no room left for “\w+\/train\.jsonl”.*needs 20\.5 MB.*Delete/,
    { timeout: 60_000 },
  );
  await expect(page.getByRole('alert')).toHaveCount(1);
  await expect(names(page)).toHaveText(['earlier']);
  await expect(add(page)).toBeEnabled();
  await context.close();
});

test('a copy that fills the disk says so and leaves what was stored before', async ({ page }) => {
  await limitStorage(page, 80e6);
  await page.goto('/');
  await addToLibrary(page, [makeCheckpoint('earlier', 0)]);
  await openLarge(page);
  await page.getByRole('radio', { name: 'Base is large' }).check();
  await add(page).click();
  const alert = page.getByRole('region', { name: 'What you dropped' }).getByRole('alert');
  await expect(alert).toContainText(
    /no room left for “large”.*needs 335\.5 MB.*Everything stored earlier is intact.*Delete/,
    { timeout: 30_000 },
  );
  await page.getByRole('button', { name: 'Discard' }).click();
  await page.reload();
  await expect(names(page)).toHaveText(['earlier']);
  await addToLibrary(page, [makeCheckpoint('later', 1)]);
  await expect(names(page)).toHaveText(['earlier', 'later']);
});
