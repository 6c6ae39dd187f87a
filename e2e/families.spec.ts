import { expect, type Page, test } from '@playwright/test';
import { expectNoViolation } from './support/axe.ts';
import { tryDemo } from './support/demo.ts';
import { names } from './support/library.ts';

const vision = ['digits', 'numbers', 'signs', 'textures', 'land', 'aerial', 'cars', 'scenes'];
const texts = ['sentiment', 'questions', 'subjectivity', 'entailment', 'topic', 'opinion'];

/** Brings the second demo in, as the lessons do. */
const loadTexts = (page: Page) =>
  page.evaluate(async () => {
    const folder = new URL('demo/', document.baseURI).href;
    await window.stitchwork!.engine.loadDemo('texts', folder, 'text', () => undefined);
  });

const family = (page: Page, base: string) =>
  page.getByRole('region', { name: `${base} and its fine-tunes` });
const rows = (page: Page, base: string) =>
  family(page, base).getByTitle('Show the tensors').allTextContents();
const lanes = (page: Page) =>
  page.getByRole('region', { name: 'Models' }).locator('li .name > .bold');

test('the library and Merge go by family: each demo has its base, and the other’s models are no lanes', async ({
  page,
}) => {
  await page.goto('/');
  await tryDemo(page);
  await page.goto('/#/library');
  await expect(page.getByRole('region', { name: 'Checkpoints' })).toBeVisible();
  await loadTexts(page);
  await expect.poll(() => rows(page, 'vision-base')).toEqual(['vision-base', ...vision]);
  await expect.poll(() => rows(page, 'text-base')).toEqual(['text-base', ...texts]);
  for (const base of ['vision-base', 'text-base'])
    await expect(family(page, base).getByText('base', { exact: true })).toHaveCount(1);
  await expectNoViolation(page, 'library of two families');

  await page.goto('/#/merge');
  await expect(lanes(page)).toHaveText(vision);
  const other = page.getByText('7 checkpoints left out: made for another base');
  await other.click();
  await expect(
    page.getByText(/^text-base cannot be merged with the base vision-base/),
  ).toBeVisible();
  await expectNoViolation(page, 'Merge with models of another family');

  await page.getByRole('button', { name: 'Add a task' }).click();
  const picker = page.getByRole('dialog', { name: 'Add a task' });
  await expect(picker.getByRole('listitem')).toHaveText(['numbers', 'textures', 'land', 'cars']);
  await expect(picker.getByRole('button', { name: 'Open files' })).toBeVisible();
  await expectNoViolation(page, 'tasks to add');
  await picker.getByRole('checkbox', { name: 'textures' }).check();
  await picker.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByRole('checkbox', { name: 'textures' })).toBeChecked();
  await page.keyboard.press('Control+z');
  await expect(page.getByRole('checkbox', { name: 'textures' })).not.toBeChecked();

  await page.getByRole('combobox', { name: 'Base' }).selectOption('text-base');
  await expect(lanes(page)).toHaveText(texts);
  await expect(page.getByRole('button', { name: 'Merge', exact: true })).toBeEnabled();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(lanes(page)).toHaveText(vision);

  await page.goto('/#/library');
  await page.getByRole('button', { name: 'Merge these onto vision-base' }).click();
  await expect(page).toHaveURL(/#\/merge|#recipe=/);
  await expect(lanes(page)).toHaveText(vision);
  await page.reload();
  await page.goto('/#/library');
  await expect(names(page)).toHaveCount(2 + vision.length + texts.length);
});
