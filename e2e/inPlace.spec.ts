import { expect, type Page, test } from '@playwright/test';
import { makeCheckpoint } from './makeCheckpoint.ts';
import { expectNoViolation } from './support/axe.ts';
import { addToLibrary, names } from './support/library.ts';
import { savedHash, startMerge } from './support/run.ts';

/** Writes files into the private file system of the page: their handles are like those a picker gives. */
async function writeFiles(page: Page, files: readonly { name: string; buffer: Buffer }[]) {
  for (const { name, buffer } of files)
    await page.evaluate(
      async ({ name, base64 }) => {
        const root = await navigator.storage.getDirectory();
        const handle = await root.getFileHandle(name, { create: true });
        const stream = await handle.createWritable();
        await stream.write(Uint8Array.from(atob(base64), (each) => each.charCodeAt(0)));
        await stream.close();
      },
      { name, base64: buffer.toString('base64') },
    );
}

/** Has the page's picker give the private files of these names. */
async function pick(page: Page, names: readonly string[]): Promise<void> {
  await page.evaluate((names) => {
    Reflect.set(window, 'showOpenFilePicker', async () => {
      const root = await navigator.storage.getDirectory();
      return Promise.all(names.map((name) => root.getFileHandle(name)));
    });
  }, names);
  await page.getByRole('button', { name: 'Open files' }).click();
}

const files = [makeCheckpoint('base', 0), makeCheckpoint('sentiment', 1)];

async function useInPlace(page: Page): Promise<void> {
  await page.goto('/');
  await writeFiles(page, files);
  await pick(
    page,
    files.map(({ name }) => name),
  );
  await page.getByRole('button', { name: 'Use in place' }).press('Enter');
  await expect(names(page)).toHaveText(['base', 'sentiment']);
}

const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });

test('files used in place merge to the same bytes as copies, also after a reload, and nothing of them is stored', async ({
  page,
  browser,
}) => {
  const copied = await (await browser.newContext()).newPage();
  await copied.goto('/');
  await addToLibrary(copied, files);
  await startMerge(copied);
  const expected = await savedHash(copied);
  await copied.context().close();

  await useInPlace(page);
  await expect(page.getByText('in place', { exact: true })).toHaveCount(2);
  await expect(page.getByText('hashing', { exact: true })).toHaveCount(0);
  await expectNoViolation(page, 'library in place');
  await page.reload();
  await expect(names(page)).toHaveText(['base', 'sentiment']);
  const slices = await page.evaluate(
    () =>
      new Promise<number>((resolve, reject) => {
        const opening = indexedDB.open('stitchwork');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const store = opening.result.transaction('store').objectStore('store');
          const under = IDBKeyRange.bound(['slice'], ['slice', []]);
          const counting = store.count(under);
          counting.onsuccess = () => resolve(counting.result);
        };
      }),
  );
  expect(slices).toBe(0);
  await startMerge(page);
  expect(await savedHash(page)).toBe(expected);
});

test('a file in place that changes is told in the library and by the merge, and the others stay', async ({
  page,
}) => {
  await useInPlace(page);
  await addToLibrary(page, [makeCheckpoint('copied', 2)]);
  await expect(page.getByText('hashing', { exact: true })).toHaveCount(0);
  await writeFiles(page, [{ ...makeCheckpoint('sentiment', 5) }]);
  await startMerge(page);
  const said = /“sentiment\.safetensors” changed since “sentiment” was added.*Put the file back/;
  await expect(page.getByRole('region', { name: 'Estimate' }).getByRole('alert')).toContainText(
    said,
  );
  await page.goto('/#/');
  await page.reload();
  await expect(row(page, 'sentiment')).toContainText(said);
  await expectNoViolation(page, 'library with a changed file');

  // Opened anew it is another checkpoint; the one that is lost may go.
  await pick(page, ['sentiment.safetensors']);
  await page.getByRole('button', { name: 'Use in place' }).click();
  await expect(names(page)).toHaveText(['base', 'sentiment', 'copied', 'sentiment-2']);
  const remove = page.getByRole('button', { name: 'Delete sentiment', exact: true });
  await expect(remove).toHaveAttribute('title', /^Its files stay where they are\./);
  await remove.click();
  await expect(names(page)).toHaveText(['base', 'copied', 'sentiment-2']);
  await startMerge(page);
  await savedHash(page);
});

test('where the browser asks anew, a button beside the checkpoint has it ask', async ({ page }) => {
  await useInPlace(page);
  await expect(page.getByText('hashing', { exact: true })).toHaveCount(0);
  const [worker] = page.workers();
  const answer = (permission: PermissionState) =>
    worker!.evaluate((permission) => {
      FileSystemHandle.prototype.queryPermission = async () => permission;
    }, permission);
  const reply = (permission: PermissionState) =>
    page.evaluate((permission) => {
      FileSystemHandle.prototype.requestPermission = async () => permission;
    }, permission);
  await answer('prompt');
  await startMerge(page);
  await expect(page.getByRole('region', { name: 'Estimate' }).getByRole('alert')).toContainText(
    /asks anew before it reads “base\.safetensors”.*Press “Allow reading” beside it in the library/,
  );
  await page.goto('/#/');
  await page.evaluate(() => new BroadcastChannel('stitchwork-library').postMessage('changed'));
  const allow = page.getByRole('button', { name: 'Allow reading of sentiment' });
  await reply('denied');
  await allow.click();
  await expect(page.getByRole('alert')).toContainText(/may not read “sentiment” still/);
  await answer('granted');
  await reply('granted');
  await allow.press('Enter');
  await expect(page.getByRole('button', { name: /Allow reading/ })).toHaveCount(0);
});

test('files without handles are only copied', async ({ page }) => {
  await page.goto('/');
  await page.locator('#open-files').setInputFiles(files);
  await expect(page.getByRole('button', { name: /^Add to library/ })).toBeEnabled();
  await expect(page.getByRole('button', { name: 'Use in place' })).toHaveCount(0);
});

test('the library says while the browser may clear it', async ({ page }) => {
  await page.addInitScript(() => {
    StorageManager.prototype.persist = async () => {
      sessionStorage.setItem('asked', String(Number(sessionStorage.getItem('asked')) + 1));
      return false;
    };
    StorageManager.prototype.persisted = async () => false;
  });
  await page.goto('/');
  await addToLibrary(page, [makeCheckpoint('base', 0)]);
  await expect(page.getByText(/may clear this library when the disk runs full/)).toBeVisible();
  await addToLibrary(page, [makeCheckpoint('sentiment', 1)]);
  expect(await page.evaluate(() => sessionStorage.getItem('asked'))).toBe('1');
  await page.addInitScript(() => {
    StorageManager.prototype.persisted = async () => true;
  });
  await page.reload();
  await expect(names(page)).toHaveText(['base', 'sentiment']);
  await expect(page.getByText(/may clear this library/)).toHaveCount(0);
});
