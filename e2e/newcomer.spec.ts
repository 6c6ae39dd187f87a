import { expect, test } from '@playwright/test';
import { expectNoViolation } from './support/axe.ts';
import { expectDemoResult, visionTasks } from './support/demo.ts';
import { drawStroke } from './support/drawing.ts';

test.describe.configure({ timeout: 240_000 });

test('a newcomer sees models answer, draws, and goes on to why', async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto('/');
  await page.getByRole('button', { name: 'Try the demo' }).click();

  // While it works the tasks are there, and a sentence says what is being done.
  await expect(page.getByRole('status').filter({ hasText: 'Fetching small models' })).toBeVisible();
  const digits = page.getByRole('region', { name: 'digits', exact: true });
  // Answers of one line or two come in without moving what is below.
  const signs = page.getByRole('region', { name: 'signs', exact: true });
  await expect(signs.getByRole('columnheader').first()).not.toBeEmpty({ timeout: 60_000 });
  const early = await signs.boundingBox();
  const { labels } = visionTasks().find(({ id }) => id === 'digits')!;
  for (const who of ['Base', 'Fine-tuned', 'Merged'])
    await expect(digits.getByRole('row', { name: who })).toContainText(
      new RegExp(`(${labels.join('|')})\\s*\\((right|wrong)\\)`),
      { timeout: 60_000 },
    );
  await expectDemoResult(page);
  expect(await signs.boundingBox()).toEqual(early);
  const places = await page.evaluate(() => [
    document.documentElement.scrollHeight,
    document.documentElement.scrollWidth,
  ]);
  expect(places).toEqual([900, 1440]);
  await expectNoViolation(page, 'the first screen');

  const before = await digits.getByRole('columnheader').allInnerTexts();
  await digits.getByRole('button', { name: 'Other examples of digits' }).click();
  await expect.poll(() => digits.getByRole('columnheader').allInnerTexts()).not.toEqual(before);

  await drawStroke(page, [
    [0.3, 0.2],
    [0.7, 0.2],
    [0.45, 0.85],
  ]);
  const own = page.getByRole('region', { name: 'Try it with a picture of your own' });
  for (const who of ['Base', 'Fine-tuned', 'Merged'])
    await expect(own.getByRole('region', { name: who })).toContainText('%');

  await page.getByRole('link', { name: 'Why does this work?' }).click();
  await page.getByRole('link', { name: /^Next: Adding/ }).click();
  const slider = page.getByRole('slider').first();
  await slider.focus();
  const value = await slider.inputValue();
  await page.keyboard.press('ArrowUp');
  await expect(slider).not.toHaveValue(value);
  await expect(page.getByRole('figure').first()).toBeVisible({ timeout: 60_000 });
});
