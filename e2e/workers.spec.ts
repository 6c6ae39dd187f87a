import { expect, type Page, test } from '@playwright/test';
import { useMediumCheckpoints } from './support/medium.ts';
import {
  expectMidRun,
  ingestFolders,
  resume,
  savedHash,
  startMerge,
  startSlowMerge,
} from './support/run.ts';

test.use({ serviceWorkers: 'block' });

const medium = useMediumCheckpoints();
const script = '**/assets/worker-*.js';

const strip = (page: Page) => page.getByRole('contentinfo');

test('an engine that ends in the middle of a run is told and started again, and the run goes on to the same bytes', async ({
  page,
}) => {
  await ingestFolders(page, medium.folders);
  await startMerge(page);
  const expected = await savedHash(page);
  await page.getByRole('button', { name: 'Delete this result' }).click();
  await expect(page.getByText('No result yet')).toBeVisible();

  await startSlowMerge(page);
  await expectMidRun(page, 0.2);
  await page.workers()[0]!.evaluate(() => self.close());
  const alert = page.getByRole('alert').filter({ hasText: 'ended by itself' });
  await expect(alert.first()).toBeVisible({ timeout: 5000 });
  await resume(page);
  expect(await savedHash(page)).toBe(expected);
});

test('an engine that does not load is told at once, and tried again', async ({ page }) => {
  let refused = 0;
  await page.route(script, (route) => (++refused <= 2 ? route.abort() : route.continue()));
  await page.goto('/');
  const alert = page.getByRole('alert').filter({ hasText: 'could not be loaded' });
  await expect(alert).toBeVisible({ timeout: 5000 });
  await expect(strip(page).getByText('Not loaded')).toBeVisible();
  await expect(strip(page).getByText(/stored/)).toBeVisible();
  expect(refused).toBe(3);
  await expect(alert).toHaveCount(0);
  await expect(strip(page).getByText('Not loaded')).toHaveCount(0);
});

test('an engine whose script is slow to come is told within 5 s, and used once it is there', async ({
  page,
}) => {
  let arrive = () => undefined;
  const arrival = new Promise<undefined>((resolve) => (arrive = () => void resolve(undefined)));
  await page.route(script, async (route) => {
    await arrival;
    await route.continue();
  });
  await page.goto('/');
  const alert = page.getByRole('alert').filter({ hasText: 'has not loaded yet' });
  await expect(alert).toBeVisible({ timeout: 7000 });
  arrive();
  await expect(strip(page).getByText(/stored/)).toBeVisible();
  await expect(alert).toHaveCount(0);
});
