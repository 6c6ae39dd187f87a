import { expect, test } from '@playwright/test';
import { expectDemoRuns } from './support/demo.ts';
import { methodRows } from './support/lessons.ts';
import {
  expectDemoOffline,
  expectLessonsOffline,
  loadDemo,
  openForOffline,
} from './support/offline.ts';

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

test('a page that says it works offline does so without a reload, and texts answer after one', async ({
  page,
  context,
}) => {
  await openForOffline(page);
  await loadDemo(page, 'text');
  await context.setOffline(true);
  await page.goto('/#/learn/5?on=texts');
  const models = page.getByRole('button', { name: 'Reset the demo' });
  await expect(models).toBeEnabled({ timeout: 30_000 });
  await page.reload();
  await page.getByRole('textbox', { name: 'Text', exact: true }).fill('a fine film');
  const own = page.getByRole('region', { name: 'Try it with a text of your own' });
  await expect(own.getByRole('heading', { name: /^Fine-tuned: positive/ })).toBeVisible();
});

test('lessons whose models were never loaded show what was measured, and what is missing', async ({
  page,
  context,
}) => {
  await openForOffline(page);
  await context.setOffline(true);
  await page.goto('/#/learn/5?on=texts');
  await expect(page.getByRole('alert')).toContainText(
    /base\/.* could not be loaded.*no connection/,
  );
  await expect(page.getByText(/test examples, measured beforehand/)).toBeVisible();
  await expect(methodRows(page)).toHaveCount(1 + 4);
  await context.setOffline(false);
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('button', { name: 'Reset the demo' })).toBeEnabled();
});

test('with the network cut every lesson opens from its link on texts', ({ page }) =>
  expectLessonsOffline(page, 'text', 'texts'));
