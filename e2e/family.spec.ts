import { readFileSync } from 'node:fs';
import { expect, type Page, test } from '@playwright/test';
import { expectNoViolation } from './support/axe.ts';
import { file } from './support/badFiles.ts';
import { addToLibrary, names } from './support/library.ts';
import { ingestFolders } from './support/run.ts';
import { usePicoSuite } from './support/suite.ts';

const suite = usePicoSuite();

/** Merges mood and topic and saves the file. */
async function mergedFile(page: Page): Promise<Buffer> {
  await ingestFolders(
    page,
    ['base', 'mood', 'topic'].map((name) => suite.folder(name as 'mood')),
  );
  await page.goto('/#/merge');
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Save', exact: true })).toBeVisible({
    timeout: 60_000,
  });
  await page.getByText('Single files').click();
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: /^model\.safetensors/ }).click();
  return readFileSync(await (await coming).path());
}

test('a merged file shows its family tree and is rebuilt from it', async ({ page }) => {
  const merged = file('ours.safetensors', await mergedFile(page));
  await page.goto('/#/');
  await addToLibrary(page, [merged]);
  await expect(names(page)).toHaveCount(4);
  await page.setViewportSize({ width: 390, height: 800 });

  await page.getByRole('button', { name: 'Family tree of ours' }).press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Family tree of ours' });
  const members = dialog.getByRole('listitem');
  await expect(members).toHaveCount(3);
  await expect(members.nth(0)).toContainText(/base.*base.*in the library.*[0-9a-f]{64}/s);
  await expect(members.nth(1)).toContainText(/mood.*fine-tuned.*in the library/s);
  await expectNoViolation(page, 'family tree');
  const overflow = await dialog.evaluate((element) => element.scrollWidth > element.clientWidth);
  expect(overflow).toBe(false);

  await dialog.getByRole('button', { name: 'Rebuild' }).click();
  await expect(page.getByRole('textbox', { name: 'Recipe as YAML' })).toHaveValue(
    /base_model: base\nmodels:\n\s+- model: mood\n\s+- model: topic\n/,
  );
});

test('what a rebuild needs and the library lacks is named', async ({ page, browser }) => {
  const merged = file('ours.safetensors', await mergedFile(page));
  const other = await browser.newPage();
  await other.goto(page.url().split('#')[0]!);
  await addToLibrary(other, [
    file('mood.safetensors', readFileSync(`${suite.folder('mood')}/model.safetensors`)),
    merged,
  ]);
  await expect(names(other)).toHaveCount(2);
  await other.getByRole('button', { name: 'Family tree of ours' }).click();
  const dialog = other.getByRole('dialog');
  await expect(
    dialog.getByText(/^To rebuild it, add base \([0-9a-f]{12}…\) and topic \(/),
  ).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Rebuild' })).toBeDisabled();
  await other.close();
});
