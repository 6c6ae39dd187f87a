import type { Page } from '@playwright/test';

export type ResultPart = 'Try it' | 'Scores' | 'Masks' | 'Weights' | 'Measure more' | 'Save';

/** Opens a part of the result on screen. */
export async function openPart(page: Page, name: ResultPart): Promise<void> {
  await page
    .getByRole('navigation', { name: 'Parts of this result' })
    .getByRole('link', { name, exact: true })
    .click();
}
