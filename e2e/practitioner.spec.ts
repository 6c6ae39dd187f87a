import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { openFolders } from './support/run.ts';
import { usePicoSuite } from './support/suite.ts';

const suite = usePicoSuite();

test('a practitioner drops models, reads a remark, merges, saves, and has the lines that load it', async ({
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.addInitScript(() => {
    Reflect.deleteProperty(window, 'showSaveFilePicker');
    Reflect.deleteProperty(window, 'showDirectoryPicker');
  });
  await page.goto('/');
  await openFolders(
    page,
    (['base', 'mood', 'topic'] as const).map((name) => suite.folder(name)),
  );
  await page.getByRole('button', { name: /^Add to library/ }).click();
  await page.getByRole('link', { name: 'Set up the merge' }).click();
  await page.getByRole('radio', { name: /^Task arithmetic/ }).check();
  await page.getByLabel('Output dtype').selectOption({ label: 'float16' });
  await expect(page.getByText('F16 holds no values beyond 65,504.')).toBeVisible();
  await page.getByRole('button', { name: 'Merge', exact: true }).click();

  // Without data to ask about, a result opens where it is saved.
  await expect(page.getByRole('heading', { name: 'What next' })).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('written as float16');
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save all as zip' }).click();
  const zip = readFileSync(await (await coming).path(), 'utf8');
  const code = await page.getByRole('region', { name: 'Python that loads it' }).innerText();
  expect(code).toMatch(/^from transformers import AutoModel, AutoTokenizer\n/);
  expect(zip).toContain(`## Load it in Python\n\n\`\`\`python\n${code}\n\`\`\``);

  await page.getByRole('button', { name: 'Share the recipe' }).click();
  await expect(page.getByText(/^Link copied/)).toBeVisible();
  await page.getByRole('link', { name: 'Compare methods' }).last().click();
  await expect(page).toHaveURL(/compare/);
});
