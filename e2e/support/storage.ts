import type { Page } from '@playwright/test';

/** Limits what the origin may store; call it in a fresh profile before the app opens, for Chromium keeps a quota for 30 s. */
export async function limitStorage(page: Page, quotaBytes: number): Promise<void> {
  await page.goto('/icon.svg');
  const session = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: quotaBytes });
}
