import { expect, type Page, test } from '@playwright/test';
import { chromiumArgs, findChromium } from '../scripts/chromium.js';
import { deleteForGood } from './support/library.ts';
import { useMediumCheckpoints } from './support/medium.ts';
import {
  expectMidRun,
  ingestFolders,
  resume,
  savedHash,
  startMerge,
  startSlowMerge,
} from './support/run.ts';

const medium = useMediumCheckpoints();
/** SHA-256 of what an uninterrupted run saves. */
let expected = '';
let page: Page;

test.beforeAll(async ({ browser }) => {
  const context = await browser.newContext();
  page = await context.newPage();
  await ingestFolders(page, medium.folders);
  await startMerge(page);
  expected = await savedHash(page);
});
test.afterAll(() => page.context().close());

/** Deletes the result, which the same recipe would return at once. */
async function deleteResult() {
  await deleteForGood(page, 'this result');
  await expect(page.getByText('No result yet')).toBeVisible();
}

test('the same recipe and inputs give the same bytes again', async () => {
  await deleteResult();
  await startMerge(page);
  expect(await savedHash(page)).toBe(expected);
  await expect(page.getByText('That result was deleted')).toHaveCount(0);
});

test('a run cut off by a closed tab is offered again and ends with the same bytes', async () => {
  await deleteResult();
  const tab = await page.context().newPage();
  await startSlowMerge(tab);
  await expectMidRun(tab, 0.5);
  await tab.close();

  await page.goto('/#/merge');
  await page.reload();
  await resume(page);
  expect(await savedHash(page)).toBe(expected);
});

test('a run that was cancelled goes on to the same bytes', async () => {
  await deleteResult();
  await startSlowMerge(page);
  await expectMidRun(page, 0.2);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await resume(page);
  expect(await savedHash(page)).toBe(expected);
});

test('a run whose GPU is lost goes on to the same bytes on a new device', async ({ browser }) => {
  await deleteResult();
  await page.getByLabel('Where later merges run').selectOption('GPU');
  await startSlowMerge(page);
  await expectMidRun(page, 0.2);
  const session = await browser.newBrowserCDPSession();
  await session.send('Browser.crashGpuProcess');
  expect(await savedHash(page)).toBe(expected);
  await page.getByLabel('Where later merges run').selectOption('Automatic');
});

test('without WebGPU the page says so, and the CPU gives the same bytes', async ({ browser }) => {
  const plain = await browser.browserType().launch({
    executablePath: findChromium(),
    args: chromiumArgs.filter((flag) => flag !== '--enable-unsafe-webgpu'),
  });
  const page = await plain.newPage({ baseURL: test.info().project.use.baseURL });
  await ingestFolders(page, medium.folders);
  await expect(page.getByText('On the CPU: no WebGPU here')).toBeVisible();
  await startMerge(page);
  expect(await savedHash(page)).toBe(expected);
  await plain.close();
});
