import type { Page } from '@playwright/test';

/** Presses Tab until the element named has the focus. */
export async function tabTo(page: Page, role: 'button' | 'link' | 'gridcell', name: RegExp) {
  const target = page.getByRole(role, { name }).first();
  for (let presses = 0; presses < 80; presses++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab never reached ${role} ${name}`);
}
