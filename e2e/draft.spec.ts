import { expect, type Page, test } from '@playwright/test';
import { makeCheckpoint } from './makeCheckpoint.ts';
import { addToLibrary } from './support/library.ts';

const editor = (page: Page) => page.getByRole('textbox', { name: 'Recipe as YAML' });
const method = (page: Page, name: RegExp) => page.getByRole('radio', { name });
const lane = (page: Page, name: RegExp) => page.getByRole('checkbox', { name });

/** Opens Merge with two models of a base, as the library proposes it. */
async function openMerge(page: Page): Promise<void> {
  await page.goto('/');
  await addToLibrary(page, [
    makeCheckpoint('base', 0),
    makeCheckpoint('sentiment', 1),
    makeCheckpoint('questions', 2),
  ]);
  await page.goto('/#/merge');
  await expect(editor(page)).toHaveValue(/questions/);
}

test('the recipe on the table survives other views, a reload and a new tab, until Start over', async ({
  page,
}) => {
  await openMerge(page);
  const proposed = await editor(page).inputValue();
  const startOver = page.getByRole('button', { name: 'Start over' });
  await expect(startOver).toBeDisabled();
  await method(page, /^TIES/).check();
  await lane(page, /^questions/).uncheck();
  const edited = await editor(page).inputValue();
  expect(edited).not.toBe(proposed);

  await page.getByRole('link', { name: 'Library', exact: true }).click();
  await page.reload();
  await page.getByRole('link', { name: 'Merge', exact: true }).click();
  await expect(editor(page)).toHaveValue(edited);

  const tab = await page.context().newPage();
  await tab.goto('/#/merge');
  await expect(editor(tab)).toHaveValue(edited);
  await tab.close();

  await startOver.click();
  await expect(editor(page)).toHaveValue(proposed);
  await expect(page).toHaveURL(/#\/merge$/);
  await page.reload();
  await expect(editor(page)).toHaveValue(proposed);
});

test('a tab whose recipe follows the library leaves the draft of another', async ({ page }) => {
  await openMerge(page);
  const other = await page.context().newPage();
  await other.goto('/#/merge');
  await expect(editor(other)).toHaveValue(/questions/);
  await method(page, /^TIES/).check();
  const edited = await editor(page).inputValue();
  await page.evaluate(async () => {
    const { engine } = window.stitchwork!;
    const found = (await engine.library()).find(({ name }) => name === 'questions');
    await engine.rename(found!.id, 'answers');
  });
  await expect(editor(other)).toHaveValue(/answers/);
  await page.close();
  await other.goto('about:blank');
  await other.goto('/#/merge');
  await expect(editor(other)).toHaveValue(edited);
});

test('a shared recipe takes the place of the draft, and Undo brings the draft back', async ({
  page,
}) => {
  await openMerge(page);
  await method(page, /^Simple average/).check();
  await expect(page).toHaveURL(/#recipe=/);
  const link = page.url();
  await method(page, /^TIES/).check();
  const draft = await editor(page).inputValue();
  await page.goto('about:blank');
  await page.goto(link);
  await expect(method(page, /^Simple average/)).toBeChecked();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(editor(page)).toHaveValue(draft);
});

test('a draft whose model was deleted says so', async ({ page }) => {
  await openMerge(page);
  await method(page, /^TIES/).check();
  await page.evaluate(async () => {
    const { engine } = window.stitchwork!;
    const found = (await engine.library()).find(({ name }) => name === 'questions');
    await engine.remove(found!.id);
  });
  await page.reload();
  await expect(page.getByText('Not in the library: questions. Open it')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Merge', exact: true })).toBeDisabled();
});

test('Ctrl+Z takes back a method, a model and a number, and text is the browser’s', async ({
  page,
}) => {
  await openMerge(page);
  const proposed = await editor(page).inputValue();
  await method(page, /^TIES/).check();
  await lane(page, /^sentiment/).uncheck();
  await page.getByRole('spinbutton', { name: 'lambda' }).fill('0.5');
  await page.keyboard.press('Tab');
  await expect(editor(page)).toHaveValue(/lambda: 0\.5/);
  const edited = await editor(page).inputValue();

  await editor(page).press('End');
  await editor(page).pressSequentially(' #');
  await editor(page).press('Control+z');
  await expect(editor(page)).toHaveValue(/lambda: 0\.5/);
  await editor(page).fill(edited);
  await lane(page, /^questions/).focus();

  await page.keyboard.press('Control+z');
  await expect(editor(page)).not.toHaveValue(/lambda/);
  await page.keyboard.press('Control+z');
  await expect(lane(page, /^sentiment/)).toBeChecked();
  await expect(method(page, /^TIES/)).toBeChecked();
  await page.keyboard.press('Control+z');
  await expect(editor(page)).toHaveValue(proposed);
  await expect(page.getByRole('button', { name: 'Undo' })).toBeDisabled();
});
