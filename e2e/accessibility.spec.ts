import { expect, test } from '@playwright/test';
import { makeCheckpoint } from './makeCheckpoint.ts';
import { expectNoViolation } from './support/axe.ts';

const files = [makeCheckpoint('base', 0), makeCheckpoint('sentiment', 1)];

test('every view is free of axe violations', async ({ page }) => {
  test.setTimeout(240_000);
  await page.goto('/');
  await expect(page.getByRole('button', { name: 'Try the demo' })).toBeVisible();
  await expectNoViolation(page, 'landing');
  for (const place of ['merge', 'results']) {
    await page.goto(`/#/${place}`);
    await expect(page.getByRole('heading', { level: 2 })).toBeVisible();
    await expectNoViolation(page, `${place}, empty`);
  }

  const broken = { name: 'broken.safetensors', mimeType: '', buffer: Buffer.from('no') };
  await page.goto('/#/library');
  await page.locator('#open-files').setInputFiles([...files, broken]);
  await expect(page.getByText(/tensors will merge/)).toBeVisible();
  await expectNoViolation(page, 'what you dropped');

  await page.getByRole('button', { name: /^Add to library/ }).click();
  await page.getByRole('button', { name: 'sentiment', exact: true }).click();
  await page.getByRole('dialog').getByRole('searchbox').fill('query');
  await expectNoViolation(page, 'tensors');
  await page.getByRole('button', { name: 'Close' }).click();
  await expectNoViolation(page, 'library');

  await page.goto('/#/merge');
  await expect(page.getByRole('button', { name: 'Merge', exact: true })).toBeEnabled();
  await expectNoViolation(page, 'merge');
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  await expect(page.getByRole('figure').first()).toBeVisible();
  await expectNoViolation(page, 'results');
  for (const button of await page.getByRole('button', { name: 'Table' }).all())
    await button.click();
  await expectNoViolation(page, 'results as tables');
});

test('a theme chosen by hand is remembered', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('button', { name: 'Use the dark theme' }).click();
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.getByRole('button', { name: 'Use the light theme' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
});
