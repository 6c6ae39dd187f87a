import { expect, type Page, test } from '@playwright/test';
import { makeCheckpoint } from './makeCheckpoint.ts';
import { expectNoViolation } from './support/axe.ts';
import { expectDemoResult } from './support/demo.ts';

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

/** Presses Tab until the element named has the focus. */
async function tabTo(page: Page, role: 'button' | 'link' | 'gridcell', name: RegExp) {
  const target = page.getByRole(role, { name }).first();
  for (let presses = 0; presses < 80; presses++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab never reached ${role} ${name}`);
}

test('the path from the demo to a saved file needs no mouse', async ({ page }) => {
  await page.addInitScript(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
  await page.goto('/');
  await expect(page.getByRole('button', { name: 'Try the demo' })).toBeVisible();
  await tabTo(page, 'button', /Try the demo/);
  await page.keyboard.press('Enter');
  await expectDemoResult(page);

  await tabTo(page, 'button', /^Save file/);
  const coming = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  expect((await coming).suggestedFilename()).toMatch(/safetensors$/);

  await tabTo(page, 'gridcell', /layer 1/);
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('gridcell', { name: /layer 2/ }).first()).toBeFocused();
});

test('a theme chosen by hand is remembered', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('button', { name: 'Use the dark theme' }).click();
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.getByRole('button', { name: 'Use the light theme' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
});
