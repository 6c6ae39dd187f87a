import { expect, test } from '@playwright/test';

test('P shows the lesson alone and large, arrows step, Escape leaves', async ({ page }) => {
  await page.goto('/#/learn/1');
  const button = page.getByRole('button', { name: 'Present' });
  await expect(button).toHaveAttribute('aria-pressed', 'false');
  const small = (await button.boundingBox())!.height;
  await page.keyboard.press('p');
  await expect(button).toHaveAttribute('aria-pressed', 'true');
  await expect(page.getByRole('navigation', { name: 'Places' })).toHaveCount(0);
  await expect.poll(async () => (await button.boundingBox())!.height).toBeGreaterThan(1.1 * small);
  await page.keyboard.press('PageDown');
  await expect(page).toHaveURL(/#\/learn\/2/);
  await page.keyboard.press('ArrowLeft');
  await expect(page).toHaveURL(/#\/learn\/1/);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('navigation', { name: 'Places' })).toBeVisible();
  await expect.poll(async () => (await button.boundingBox())!.height).toBe(small);
});

test('presenter mode fills the window where full screen is refused, and ends with Learn', async ({
  page,
}) => {
  await page.addInitScript(() => {
    Element.prototype.requestFullscreen = () => Promise.reject(new TypeError('refused'));
  });
  await page.goto('/#/learn/1');
  await page.getByRole('button', { name: 'Present' }).click();
  await expect(page.getByRole('navigation', { name: 'Places' })).toHaveCount(0);
  expect(await page.evaluate(() => document.fullscreenElement)).toBeNull();
  const { scroll, width } = await page.evaluate(() => ({
    ...{ scroll: document.documentElement.scrollWidth, width: innerWidth },
  }));
  expect(scroll).toBeLessThanOrEqual(width);
  await page.goto('/#/merge');
  await expect(page.getByRole('navigation', { name: 'Places' })).toBeVisible();
});
