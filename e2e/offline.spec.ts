import { expect, test } from '@playwright/test';
import { expectDemoRuns } from './support/demo.ts';
import { expectDemoOffline, expectLessonsOffline, openForOffline } from './support/offline.ts';

test.describe.configure({ timeout: 240_000 });

test('once loaded the whole demo works with the network cut, even when the library was emptied', async ({
  page,
}) => expectDemoOffline(page));

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

test('with the network cut every lesson opens from its link on texts', ({ page }) =>
  expectLessonsOffline(page, 'text', 'texts'));
