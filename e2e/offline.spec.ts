import { gzipSync } from 'node:zlib';
import { expect, test } from '@playwright/test';

const budgetBytes = 100_000;

test('after the first load the whole demo works with the network cut', async ({
  page,
  context,
}) => {
  await page.goto('/');
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await expect(page.getByText('Ready to work offline')).toBeVisible();
  await context.setOffline(true);
  await page.reload();
  await page.getByRole('button', { name: 'Try the demo' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('of weights changed');
});

test('the page paints from at most 100 kB of gzipped script before the worker', async ({
  page,
}) => {
  const scripts: Promise<{ url: string; bytes: number }>[] = [];
  page.on('response', (response) => {
    const request = response.request();
    if (request.resourceType() !== 'script' || request.serviceWorker()) return;
    scripts.push(
      response.body().then((body) => ({ url: response.url(), bytes: gzipSync(body).length })),
    );
  });
  await page.goto('/');
  await expect(page.getByRole('button', { name: 'Try the demo' })).toBeVisible();
  const loaded = (await Promise.all(scripts)).filter(({ url }) => !/worker/i.test(url));
  expect(loaded.length).toBeGreaterThan(0);
  expect(loaded.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(budgetBytes);
});
