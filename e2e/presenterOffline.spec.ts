import { expect, test } from '@playwright/test';
import { expectNoViolation } from './support/axe.ts';
import { expectScored } from './support/lessons.ts';
import { openForOffline } from './support/offline.ts';

test.use({ viewport: { width: 1280, height: 720 } });
test.describe.configure({ timeout: 240_000 });

test('a presenter stores all lessons, cuts the network and steps through them by arrow keys', async ({
  page,
  context,
}) => {
  await openForOffline(page);
  await page.goto('/#/learn/1');
  const store = page.getByRole('button', { name: /^Store all lessons for offline \([\d.]+ MB\)$/ });
  await store.click();
  const stored = page.getByText('All lessons are stored for offline');
  await expect(stored).toBeVisible({ timeout: 60_000 });
  await expectNoViolation(page, 'stored');

  await context.setOffline(true);
  await page.reload();
  await expect(stored).toBeVisible();
  await page.keyboard.press('p');
  await expect(page.getByRole('navigation', { name: 'Places' })).toHaveCount(0);
  const heading = page.getByRole('heading', { level: 1 });
  const titles: string[] = [];
  for (let lesson = 1; lesson <= 6; lesson++) {
    await expect(page).toHaveURL(new RegExp(`#/learn/${lesson}$`));
    titles.push(await heading.innerText());
    // Bars of what was measured are there at once, whatever the models do.
    if (lesson < 6)
      await expect(page.getByRole('figure').first().locator('rect').first()).toBeVisible({
        timeout: 2000,
      });
    const { width, scroll } = await page.evaluate(() => ({
      ...{ width: innerWidth, scroll: document.documentElement.scrollWidth },
    }));
    expect(scroll).toBeLessThanOrEqual(width);
    if (lesson < 6) await page.keyboard.press('ArrowRight');
  }
  expect(new Set(titles).size).toBe(6);
  await expect(page.getByRole('button', { name: 'Make the files' })).toBeEnabled({
    timeout: 60_000,
  });

  // The models are those that were stored: what was not measured beforehand is measured now.
  await page.keyboard.press('ArrowLeft');
  await page.getByRole('slider', { name: 'Density' }).focus();
  await page.keyboard.press('ArrowRight');
  await expectScored(page);
  await expect(page.getByText(/^On all [\d,]+ test examples/)).not.toContainText('beforehand');

  // The other demo is there as well.
  await page.goto('/#/learn/2?on=texts');
  await expect(page.getByRole('button', { name: 'Reset the demo' })).toBeEnabled({
    timeout: 60_000,
  });
});
