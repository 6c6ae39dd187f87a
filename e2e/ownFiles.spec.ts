import { expect, type Page, test } from '@playwright/test';
import { makeCheckpoint } from './makeCheckpoint.ts';

const files = [
  makeCheckpoint('base', 0),
  makeCheckpoint('sentiment', 1),
  makeCheckpoint('questions', 2),
];

async function addFiles(page: Page) {
  await page.goto('/');
  await page.locator('#open-files').setInputFiles(files);
  await page.getByRole('button', { name: /^Add to library/ }).click();
  await expect(page.getByRole('link', { name: 'Set up the merge' })).toBeVisible();
}

test('dropped checkpoints are understood, copied, merged and compared', async ({ page }) => {
  await page.goto('/');
  await page.locator('#open-files').setInputFiles(files);
  const panel = page.getByRole('region', { name: 'What you dropped' });
  await expect(panel).toContainText('2 fine-tunes of it');
  await expect(panel.getByRole('radio', { name: 'Base is base' })).toBeChecked();
  await panel
    .getByText(/tensors will merge/)
    .first()
    .click();
  await expect(panel.getByRole('list').filter({ hasText: 'query.weight' }).first()).toBeVisible();

  await page.getByRole('button', { name: /^Add to library/ }).click();
  await page.getByRole('link', { name: 'Set up the merge' }).click();
  await page.getByRole('radio', { name: /^Simple average/ }).check();
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('of weights changed');
  await expect(page.getByRole('main')).not.toContainText(/\bmasks?\b/i, { useInnerText: true });

  await page.getByRole('button', { name: 'Change the recipe' }).click();
  await page.getByRole('radio', { name: /^Localize-and-Stitch/ }).check();
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  await expect(page.getByRole('navigation', { name: 'Results' }).getByRole('link')).toHaveCount(2);
});

test('checkpoints can be renamed, marked as base and deleted, and stay over a reload', async ({
  page,
}) => {
  await addFiles(page);
  await page.getByRole('button', { name: 'Rename sentiment' }).click();
  await page.getByRole('textbox', { name: 'New name of sentiment' }).fill('mood');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'mood', exact: true })).toBeVisible();

  await page.getByRole('button', { name: /: mood/ }).click();
  const mood = page.getByRole('row').filter({ hasText: 'mood' });
  await expect(mood.getByText('base', { exact: true })).toBeVisible();

  await page.getByRole('button', { name: 'Delete questions' }).click();
  await expect(page.getByRole('row')).toHaveCount(3);
  await page.reload();
  await expect(page.getByRole('row')).toHaveCount(3);
  await expect(mood.getByText('base', { exact: true })).toBeVisible();
});

test('a row opens its tensors as a tree that can be searched', async ({ page }) => {
  await addFiles(page);
  await page.getByRole('button', { name: 'sentiment', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'sentiment' });
  await dialog.getByRole('searchbox').fill('layer.1.attention.self.query');
  await expect(
    dialog.getByText('roberta.encoder.layer.1.attention.self.query.weight'),
  ).toBeVisible();
  await expect(dialog.getByText('32 × 32')).toBeVisible();
  await dialog.getByRole('button', { name: 'Close' }).focus();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
});

test('the recipe is edited both ways, keeps wrong text, and travels in a link', async ({
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await addFiles(page);
  await page.getByRole('link', { name: 'Set up the merge' }).click();
  const editor = page.getByRole('textbox', { name: 'Recipe as YAML' });
  const density = page
    .getByRole('listitem')
    .filter({ hasText: 'sentiment' })
    .getByRole('spinbutton', { name: 'density' });
  await density.fill('20');
  await density.press('Enter');
  await expect(editor).toHaveValue(/model: sentiment[^-]*density: 0\.2/);

  const text = await editor.inputValue();
  await editor.fill(`# mine\n${text.replace('0.2', '0.1')}`);
  await expect(density).toHaveValue('10');
  await expect(editor).toHaveValue(/^# mine/);

  await page.getByRole('button', { name: 'Copy link' }).click();
  await expect(page.getByText('Link copied')).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());

  await editor.fill('merge_method: magic\n');
  await expect(page.getByText(/line 1/i)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Merge', exact: true })).toBeDisabled();
  await expect(editor).toHaveValue('merge_method: magic\n');

  const other = await context.newPage();
  await other.goto(link);
  await expect(other.getByRole('textbox', { name: 'Recipe as YAML' })).toHaveValue(/^# mine/);
});

test('a file of another format is named with what to do, and the app goes on', async ({ page }) => {
  await page.goto('/');
  const gguf = { name: 'model.gguf', mimeType: '', buffer: Buffer.from('GGUF\u0003\0\0\0') };
  await page.locator('#open-files').setInputFiles(gguf);
  await expect(page.getByRole('alert')).toContainText(/GGUF/);
  await page.locator('#open-files').setInputFiles(files);
  await expect(page.getByRole('button', { name: /^Add to library/ })).toBeEnabled();
});

test('dropped files open, wherever on the page they are dropped', async ({ page }) => {
  await page.goto('/#/results');
  const buffers = files.map(({ name, buffer }) => ({ name, bytes: [...buffer] }));
  await page.evaluate((list) => {
    const transfer = new DataTransfer();
    for (const { name, bytes } of list) transfer.items.add(new File([new Uint8Array(bytes)], name));
    const fire = (type: string) =>
      document.body.dispatchEvent(
        new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }),
      );
    fire('dragenter');
    fire('drop');
  }, buffers);
  await expect(page.getByRole('region', { name: 'What you dropped' })).toContainText('sentiment');
});
