import { readFileSync } from 'node:fs';
import { expect, type Page, test } from '@playwright/test';
import { BlobReader, Uint8ArrayWriter, ZipReader } from '@zip.js/zip.js';
import { file, type InputFile } from './support/badFiles.ts';
import { names } from './support/library.ts';
import { ingestFolders, startMerge } from './support/run.ts';
import { usePicoSuite } from './support/suite.ts';

const suite = usePicoSuite();

// Without the picker patches are saved as a zip.
test.beforeEach(({ page }) =>
  page.addInitScript(() => {
    Reflect.deleteProperty(window, 'showDirectoryPicker');
  }),
);

/** The bytes of a result's weights as saved, without the header that tells where they come from. */
async function savedWeights(page: Page): Promise<Buffer> {
  await expect(page.getByRole('heading', { name: 'Save', exact: true })).toBeVisible({
    timeout: 60_000,
  });
  await page.getByText('Single files').click();
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: /^model\.safetensors/ }).click();
  const bytes = readFileSync(await (await coming).path());
  return bytes.subarray(8 + Number(bytes.readBigUInt64LE()));
}

/** The patches of the result on screen, out of the zip they are saved in. */
async function savedPatches(page: Page): Promise<InputFile[]> {
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: /^Save patches/ }).click();
  const bytes = readFileSync(await (await coming).path());
  const reader = new ZipReader(new BlobReader(new Blob([Uint8Array.from(bytes)])));
  const files: InputFile[] = [];
  for (const entry of await reader.getEntries())
    if (!entry.directory)
      files.push(file(entry.filename, Buffer.from(await entry.getData(new Uint8ArrayWriter()))));
  return files;
}

/** The same patch with its second position equal to its first. */
function damage({ buffer }: InputFile): InputFile {
  const damaged = Buffer.from(buffer);
  const start = 8 + Number(damaged.readBigUInt64LE());
  const header: Record<string, { data_offsets: [number, number] }> = JSON.parse(
    damaged.toString('utf8', 8, start),
  );
  const [, gaps] = Object.entries(header).find(([name]) => name.endsWith('.gaps'))!;
  damaged.set([3, 0], start + gaps.data_offsets[0]);
  return file('odd.patch.safetensors', damaged);
}

test('patches saved in one browser merge to the same bytes in another, on their base alone', async ({
  page,
  browser,
}) => {
  await ingestFolders(page, [suite.folder('base'), suite.folder('mood'), suite.folder('topic')]);
  await startMerge(page);
  const whole = await savedWeights(page);
  const patches = await savedPatches(page);
  expect(patches.map(({ name }) => name)).toEqual([
    'mood.patch.safetensors',
    'topic.patch.safetensors',
  ]);

  const context = await browser.newContext({ baseURL: test.info().project.use.baseURL });
  const other = await context.newPage();
  await other.goto('/');
  await other.locator('#open-files').setInputFiles(patches);
  await expect(other.getByRole('alert').first()).toContainText(
    /belongs on the base with content id [0-9a-f]{12}…, which is not in the library/,
  );
  await ingestFolders(other, [suite.folder('base')]);
  await other.locator('#open-files').setInputFiles(patches);
  const panel = other.getByRole('region', { name: 'What you dropped' });
  await expect(panel.getByText(/patches of it/)).toBeVisible();
  await expect(panel.getByText(/patch of mood/)).toBeVisible();
  await panel.getByRole('button', { name: /^Add to library/ }).click();
  await expect(names(other)).toHaveText(['base', 'mood.patch', 'topic.patch']);
  await expect(other.getByRole('table').getByText('patch', { exact: true })).toHaveCount(2);
  await other.locator('#open-files').setInputFiles([damage(patches[0]!)]);
  await panel.getByRole('button', { name: /^Add to library/ }).click();
  await expect(other.getByRole('alert').first()).toContainText(
    /odd\.patch\.safetensors: .*\.gaps holds position 3 twice, as its entries 1 and 2/,
  );
  await other.goto('/#/merge');
  await expect(other.getByText(/^patch of mood · density 5\.0\s%/)).toBeVisible();
  await startMerge(other);
  expect((await savedWeights(other)).equals(whole)).toBe(true);
  await context.close();
});
