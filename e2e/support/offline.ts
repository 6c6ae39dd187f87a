import { expect, type Page } from '@playwright/test';
import { expectDemoResult, tryDemo } from './demo.ts';

/** Opens the page and waits until it needs no network. */
export async function openForOffline(page: Page): Promise<void> {
  await page.goto('/');
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await expect(page.getByText('Ready to work offline')).toBeVisible();
}

/** Loads a demo into the library without running it. */
export async function loadDemo(page: Page, which: 'vision' | 'text' = 'vision'): Promise<void> {
  await page.evaluate(async (which) => {
    const folder = new URL('demo/', document.baseURI).href;
    await window.stitchwork?.engine.loadDemo('e2e', folder, which, () => undefined);
  }, which);
}

/** Cuts the network once a demo was loaded, empties the library, and has *Try the demo* lead to its result all the same. */
export async function expectDemoOffline(page: Page): Promise<void> {
  await openForOffline(page);
  await loadDemo(page);
  await page.evaluate(
    () =>
      new Promise((resolve) => {
        const opening = indexedDB.open('stitchwork');
        opening.onsuccess = () => {
          const transaction = opening.result.transaction('store', 'readwrite');
          transaction.objectStore('store').clear();
          transaction.oncomplete = resolve;
        };
      }),
  );
  await page.context().setOffline(true);
  await page.goto('/');
  await tryDemo(page);
  await page.reload();
  await expectDemoResult(page);
}

/** Opens every lesson from its link with the network cut. */
export async function expectLessonsOffline(
  page: Page,
  which: 'vision' | 'text',
  source: string,
): Promise<void> {
  await openForOffline(page);
  await loadDemo(page, which);
  await page.context().setOffline(true);
  for (const lesson of [1, 2, 3, 4, 5, 6]) {
    await page.goto(`/#/learn/${lesson}?on=${source}`);
    await page.reload();
    const models = page.getByRole('button', { name: 'Reset the demo' });
    await expect(models).toBeEnabled({ timeout: 30_000 });
    const live = lesson < 6 ? page.getByRole('figure').first() : page.getByText('No files yet');
    await expect(live).toBeVisible();
  }
}
