import { expect, test } from '@playwright/test';

test('a term explains itself on hover and focus, and Escape closes it', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('button', { name: 'Try the demo' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('of weights changed', {
    timeout: 60_000,
  });
  const term = page.getByRole('button', { name: 'Jaccard index' });
  const line = page.getByRole('tooltip').filter({ hasText: 'Positions two masks share' });
  await expect(term).toHaveAccessibleDescription(/^Positions two masks share/);
  await expect(line).toBeHidden();
  await term.hover();
  await expect(line).toBeVisible();
  await page.mouse.move(0, 0);
  await expect(line).toBeHidden();
  await term.focus();
  await expect(line).toBeVisible();
  const [word, tip] = [await term.boundingBox(), await line.boundingBox()];
  expect(Math.abs(tip!.x - word!.x)).toBeLessThan(40);
  await page.keyboard.press('Escape');
  await expect(line).toBeHidden();
});
