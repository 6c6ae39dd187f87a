import { expect, type Page, test } from '@playwright/test';
import { expectDemoResult, expectDemoRuns, tryDemo } from './support/demo.ts';

test.describe.configure({ timeout: 240_000 });

/** Opens the page and waits until it needs no network. */
async function openForOffline(page: Page) {
  await page.goto('/');
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await expect(page.getByText('Ready to work offline')).toBeVisible();
}

/** Loads a demo into the library without running it. */
async function loadDemo(page: Page, which: 'vision' | 'text' = 'vision') {
  await page.evaluate(async (which) => {
    const folder = new URL('demo/', document.baseURI).href;
    await window.stitchwork?.engine.loadDemo('e2e', folder, which, () => undefined);
  }, which);
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
  await expectDemoRuns(page);
});

for (const [which, source] of [
  ['vision', 'pictures'],
  ['text', 'texts'],
] as const)
  test(`with the network cut every lesson opens from its link on ${source}`, async ({
    page,
    context,
  }) => {
    await openForOffline(page);
    await loadDemo(page, which);
    await context.setOffline(true);
    for (const lesson of [1, 2, 3, 4, 5, 6]) {
      await page.goto(`/#/learn/${lesson}?on=${source}`);
      await page.reload();
      const models = page.getByRole('button', { name: 'Reset the demo' });
      await expect(models).toBeEnabled({ timeout: 30_000 });
      const live = lesson < 6 ? page.getByRole('figure').first() : page.getByText('No files yet');
      await expect(live).toBeVisible();
    }
  });
