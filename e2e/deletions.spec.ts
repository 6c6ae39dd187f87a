import { expect, type Page, test } from '@playwright/test';
import { file } from './support/badFiles.ts';
import { makeCheckpoint } from './makeCheckpoint.ts';
import { expectNoViolation } from './support/axe.ts';
import { addToLibrary, names } from './support/library.ts';

const stored = (page: Page) =>
  page.evaluate(async () => {
    const { engine } = window.stitchwork!;
    const [checkpoints, data, runs] = await Promise.all([
      engine.library(),
      engine.data(),
      engine.runs(),
    ]);
    return [
      ...checkpoints.map(({ name }) => name),
      ...data.map(({ name }) => name),
      ...runs.map(({ state }) => state),
    ];
  });

async function openLibrary(page: Page): Promise<void> {
  await page.goto('/');
  await addToLibrary(page, [
    makeCheckpoint('base', 0),
    makeCheckpoint('sentiment', 1),
    file('more.jsonl', Buffer.from('{"text": "a", "label": 0}\n')),
  ]);
  await expect.poll(() => stored(page)).toEqual(['base', 'sentiment', 'more.jsonl']);
}

const undo = (page: Page) => page.getByRole('button', { name: 'Undo' });

test('what is deleted is gone from sight at once, and comes back by Undo', async ({ page }) => {
  await openLibrary(page);
  await page.getByRole('button', { name: 'Delete sentiment' }).click();
  await expect(names(page)).toHaveText(['base']);
  await expect(page.getByRole('main')).toBeFocused();
  await expect(page.getByText('sentiment is deleted.')).toBeVisible();
  await expectNoViolation(page, 'library with something deleted');
  await undo(page).click();
  await expect(names(page)).toHaveText(['base', 'sentiment']);
  await expect(undo(page)).toHaveCount(0);
  await expect(page.getByRole('main')).toBeFocused();

  await page.getByRole('button', { name: 'Delete more.jsonl' }).click();
  await expect(page.getByRole('cell', { name: 'more.jsonl', exact: true })).toHaveCount(0);
  await page.keyboard.press('Control+z');
  await expect(page.getByRole('cell', { name: 'more.jsonl', exact: true })).toBeVisible();

  await page.goto('/#/merge');
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  await page.getByRole('button', { name: 'Delete this result' }).click();
  await expect(page.getByText('No result yet')).toBeVisible();
  await undo(page).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('of weights changed');
  expect(await stored(page)).toEqual(['base', 'sentiment', 'more.jsonl', 'done']);
});

test('it is deleted for good when the notice closes, or when its room is needed', async ({
  page,
}) => {
  await openLibrary(page);
  await page.getByRole('button', { name: 'Delete sentiment' }).click();
  await page.getByRole('button', { name: 'Delete more.jsonl' }).click();
  expect(await stored(page)).toEqual(['base', 'sentiment', 'more.jsonl']);
  await page.locator('.notice', { hasText: 'sentiment' }).getByLabel('Dismiss').click();
  await expect.poll(() => stored(page)).toEqual(['base', 'more.jsonl']);
  await addToLibrary(page, [makeCheckpoint('questions', 2)]);
  expect(await stored(page)).toEqual(['base', 'questions']);
  await expect(undo(page)).toHaveCount(0);
});

test('it is deleted on the next visit when the page was left before, not while a tab offers Undo', async ({
  page,
}) => {
  await openLibrary(page);
  await page.getByRole('button', { name: 'Delete sentiment' }).click();
  await expect(names(page)).toHaveText(['base']);
  const tab = await page.context().newPage();
  await tab.goto('/');
  await expect(names(tab)).toHaveText(['base', 'sentiment']);
  await undo(page).click();
  await expect(names(page)).toHaveText(['base', 'sentiment']);

  await page.getByRole('button', { name: 'Delete sentiment' }).click();
  await page.close();
  await tab.reload();
  await expect(names(tab)).toHaveText(['base']);
  await expect.poll(() => stored(tab)).toEqual(['base', 'more.jsonl']);
});
