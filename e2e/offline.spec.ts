import { expect, type Page, test } from '@playwright/test';
import { expectDemoResult, tryDemo } from './support/demo.ts';

test.describe.configure({ timeout: 240_000 });

/** Opens the page and waits until it needs no network. */
async function openForOffline(page: Page) {
  await page.goto('/');
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await expect(page.getByText('Ready to work offline')).toBeVisible();
}

/** Loads the demo into the library without running it. */
async function loadDemo(page: Page) {
  await page.evaluate(async () => {
    const folder = new URL('demo/', document.baseURI).href;
    await window.stitchwork?.engine.loadDemo('e2e', folder, 'vision', () => undefined);
  });
}

test('once loaded the whole demo works with the network cut, even when the library was emptied', async ({
  page,
  context,
  baseURL,
}) => {
  await openForOffline(page);
  await loadDemo(page);
  await page.goto('/icon.svg');
  const session = await context.newCDPSession(page);
  await session.send('Storage.clearDataForOrigin', {
    ...{ origin: baseURL ?? '', storageTypes: 'indexeddb' },
  });
  await context.setOffline(true);
  await page.goto('/');
  await tryDemo(page);
  await page.reload();
  await expectDemoResult(page);
});

test('with the network cut before the demo was ever loaded, the page says so and goes on', async ({
  page,
  context,
}) => {
  await openForOffline(page);
  await context.setOffline(true);
  await page.reload();
  await page.getByRole('button', { name: 'Try the demo' }).click();
  await expect(page.getByRole('alert')).toContainText('Connect to the network');
  await context.setOffline(false);
  await page.getByRole('button', { name: 'Try again' }).click();
  await expectDemoResult(page);
});
