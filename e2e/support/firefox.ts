import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as plain } from '@playwright/test';

/**
 * Tests with the folder that Firefox saves to. Its long-term release tells of downloads too little for Playwright's event, so
 * that files are awaited there.
 */
export const test = plain.extend<object, { downloads: string }>({
  downloads: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads from the pattern what a fixture needs
    async ({}, use) => {
      const folder = mkdtempSync(join(tmpdir(), 'stitchwork-firefox-'));
      await use(folder);
      rmSync(folder, { recursive: true, force: true });
    },
    { scope: 'worker' },
  ],
  launchOptions: [
    ({ launchOptions, downloads }, use) => use({ ...launchOptions, downloadsPath: downloads }),
    { scope: 'worker' },
  ],
});

/** Waits until the folder holds the one file, whole, that an action saves, and gives its path. */
export async function savedBy(folder: string, act: () => Promise<void>): Promise<string> {
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
  await act();
  const paths = () => readdirSync(folder).map((name) => join(folder, name));
  // While it is written there are two: the file, empty, and its part.
  await expect.poll(() => paths().map((path) => statSync(path).size > 0)).toEqual([true]);
  return paths()[0] ?? '';
}
