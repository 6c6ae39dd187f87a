import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { preview, type PreviewServer } from 'vite';
import { useMediumCheckpoints } from './support/medium.ts';
import { expectMidRun, ingestFolders, savedHash, startSlowMerge } from './support/run.ts';

const medium = useMediumCheckpoints();
const served = mkdtempSync(join(tmpdir(), 'stitchwork-served-'));
let server: PreviewServer;

// A version of its own, which another can take the place of while tabs are open.
test.beforeAll(async () => {
  cpSync('dist', served, { recursive: true });
  server = await preview({
    logLevel: 'error',
    build: { outDir: served },
    preview: { port: 0, strictPort: false },
  });
});
test.afterAll(async () => {
  await server.close();
  rmSync(served, { recursive: true, force: true });
});
const reloadButton = (page: Page) => page.getByRole('button', { name: 'Reload', exact: true });

/** Marks the page as it is loaded now; true until it is loaded again. */
const mark = (page: Page) => page.evaluate(() => document.body.setAttribute('data-loaded', 'once'));
const isMarked = (page: Page) => page.locator('body[data-loaded]');

test('a newer version waits for the tab that works, whichever tab asks for it', async ({
  browser,
}) => {
  const context = await browser.newContext({ baseURL: server.resolvedUrls?.local[0] });
  const page = await context.newPage();
  await page.goto('/');
  await expect(page.getByText('Ready to work offline')).toBeVisible();
  await ingestFolders(page, medium.folders);
  appendFileSync(join(served, 'sw.js'), '\n// A newer version.\n');
  await startSlowMerge(page);
  await mark(page);
  await expectMidRun(page, 0.05);

  const other = await context.newPage();
  await other.goto('/');
  await reloadButton(other).click();
  await expect(other.getByRole('alert')).toContainText(/Another tab is at work/);
  await expect(isMarked(page)).toBeAttached();
  await savedHash(page);

  await mark(other);
  await reloadButton(other).click();
  await expect(isMarked(other)).not.toBeAttached();
  await expect(isMarked(page)).not.toBeAttached();
  await expect(reloadButton(other)).not.toBeAttached();
  await context.close();
});
