import { readFileSync } from 'node:fs';
import { expect, type Page } from '@playwright/test';

/** What a button saves, as text. */
export async function saved(page: Page, button: string): Promise<string> {
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: button, exact: true }).click();
  return readFileSync(await (await coming).path(), 'utf8');
}

/** Measures what is chosen and waits for the end. */
export async function compare(page: Page, button: string | RegExp, timeout = 60_000) {
  await page.getByRole('button', { name: button }).click();
  await expect(page.getByText('All of this is measured.')).toBeVisible({ timeout });
}
