import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { expect, type Page } from '@playwright/test';
import { openPart } from './result.ts';

/** Opens folders with the page's button, one after the other, and waits until the page has read them. */
export async function openFolders(page: Page, folders: readonly string[]): Promise<void> {
  for (const [i, folder] of folders.entries()) {
    await page.locator('#open-folder').setInputFiles(folder);
    const panel = page.getByRole('region', { name: 'What you dropped' });
    await expect(panel.getByRole('checkbox')).toHaveCount(i + 1);
  }
}

/** Copies the folders into a fresh library. */
export async function ingestFolders(page: Page, folders: readonly string[]): Promise<void> {
  await page.goto('/');
  await openFolders(page, folders);
  await page.getByRole('button', { name: /^Add to library/ }).click();
  await expect(page.getByText('Added to the library.')).toBeVisible();
}

/** Merges what is in the library as the page proposes. */
export async function startMerge(page: Page): Promise<void> {
  await page.goto('/#/merge');
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
}

/** The same while the page keeps its worker from the store half of the time, so that the merge can be cut off. */
export async function startSlowMerge(page: Page): Promise<void> {
  await page.goto('/#/merge');
  const merge = page.getByRole('button', { name: 'Merge', exact: true });
  await expect(merge).toBeEnabled();
  await page.evaluate(() => {
    const opening = indexedDB.open('stitchwork');
    const hold = () => {
      const transaction = opening.result.transaction('store', 'readwrite');
      const until = performance.now() + 400;
      const ask = () => {
        if (performance.now() > until) return;
        transaction.objectStore('store').get('nothing').onsuccess = ask;
      };
      ask();
      transaction.oncomplete = hold;
    };
    opening.onsuccess = hold;
  });
  await merge.click();
}

/** Waits until a run is this far through the stage that stores its output. */
export async function expectMidRun(page: Page, fraction: number): Promise<void> {
  const reached = (least: number) => {
    const bar = document.querySelector<HTMLProgressElement>('progress[aria-label="Merge"]');
    const stage = bar?.parentElement?.querySelector('p')?.textContent;
    return bar !== null && bar.value > least && stage === 'Merging';
  };
  await page.waitForFunction(reached, fraction, { polling: 20, timeout: 60_000 });
}

/** Goes on with the one stopped run, which was cut off between its begin and its end. */
export async function resume(page: Page): Promise<void> {
  const stopped = page.getByRole('region', { name: 'Stopped runs' });
  await expect(stopped.getByText(/Stopped at [1-9][\d.]*\s?%/)).toBeVisible();
  await stopped.getByRole('button', { name: 'Resume' }).click();
}

/** Waits for the result and returns the SHA-256 of its weights as saved. */
export async function savedHash(page: Page): Promise<string> {
  const parts = page.getByRole('navigation', { name: 'Parts of this result' });
  await expect(parts).toBeVisible({ timeout: 60_000 });
  await openPart(page, 'Save');
  await expect(page.getByRole('heading', { name: 'Save', exact: true })).toBeVisible();
  await page.getByText('Single files').click();
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: /^model\.safetensors/ }).click();
  const path = await (await downloading).path();
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
