import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, type Page } from '@playwright/test';

/** Folder of the demo that *Try the demo* leads through. */
export const visionFolder = fileURLToPath(new URL('../../public/demo/vision/', import.meta.url));

/** Its tasks: folder of each checkpoint, and class names. */
export const visionTasks = (): { id: string; label: string; labels: string[] }[] =>
  JSON.parse(readFileSync(join(visionFolder, 'demo.json'), 'utf8')).tasks;

/** The demo's files that are fetched only when it is used, those in its folders: how many, and their bytes. */
export function visionFiles(): { files: number; bytes: number } {
  const sizes = readdirSync(visionFolder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && join(entry.parentPath, '/') !== visionFolder)
    .map((entry) => statSync(join(entry.parentPath, entry.name)).size);
  return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

const resultMs = 100_000;

/** Presses *Try the demo* and waits for its result. */
export async function tryDemo(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Try the demo' }).click();
  await expectDemoResult(page);
}

/** Waits for the demo's result. */
export async function expectDemoResult(page: Page): Promise<void> {
  const headline = page.getByRole('heading', { level: 1 });
  await expect(headline).toContainText('Stitching keeps', { timeout: resultMs });
}

/** Waits until the demo's models are there and their merge is being scored. */
export async function expectDemoRuns(page: Page): Promise<void> {
  await expect(page.getByText(/^Counting how many/)).toBeVisible({ timeout: resultMs });
}
