import { expect, type Page } from '@playwright/test';
import type { InputFile } from './badFiles.ts';

/** The names in the library's table, in order. */
export function names(page: Page) {
  return page.getByRole('table').getByTitle('Show the tensors');
}

/** Opens files with the page's button and copies them into the library. */
export async function addToLibrary(page: Page, files: readonly InputFile[]): Promise<void> {
  await page.locator('#open-files').setInputFiles([...files]);
  await page.getByRole('button', { name: /^Add to library/ }).click();
  // What was said may still stand from an earlier time; the panel closes when all is copied.
  await expect(page.getByRole('region', { name: 'What you dropped' })).toHaveCount(0);
  await expect(page.getByText('Added to the library.')).toBeVisible();
}

/** Deletes what a button names, and closes the notice that offers to take it back. */
export async function deleteForGood(page: Page, what: string): Promise<void> {
  await page.getByRole('button', { name: `Delete ${what}`, exact: true }).click();
  const notice = page.locator('.notice', { hasText: 'is deleted.' });
  await notice.getByRole('button', { name: 'Dismiss' }).click();
  await expect.poll(() => page.evaluate(() => localStorage.getItem('deletions'))).toBeNull();
}
