import { expect, test } from '@playwright/test';
import { makeCheckpoint } from './makeCheckpoint.ts';
import { addToLibrary, deleteForGood, names } from './support/library.ts';
import { useMediumCheckpoints } from './support/medium.ts';
import { expectMidRun, ingestFolders, savedHash, startSlowMerge } from './support/run.ts';

const medium = useMediumCheckpoints();

test('what one tab adds and deletes shows in the other', async ({ page, context }) => {
  await page.goto('/');
  const other = await context.newPage();
  await other.goto('/');
  await addToLibrary(page, [makeCheckpoint('base', 0), makeCheckpoint('sentiment', 1)]);
  await expect(names(other)).toHaveText(['base', 'sentiment']);
  await deleteForGood(other, 'sentiment');
  await expect(names(page)).toHaveText(['base']);
});

test('while one tab merges, the other cannot run the same recipe or delete its inputs', async ({
  page,
  context,
}) => {
  await ingestFolders(page, medium.folders);
  const other = await context.newPage();
  await other.goto('/#/merge');
  const merge = other.getByRole('button', { name: 'Merge', exact: true });
  await expect(merge).toBeEnabled();

  await startSlowMerge(page);
  await expectMidRun(page, 0.05);
  await expect(other.getByText('Running in another tab')).toBeVisible();
  await merge.click();
  await expect(other.getByRole('region', { name: 'Estimate' }).getByRole('alert')).toContainText(
    /running already.*Wait until it ends, or cancel it there/,
  );
  await other.goto('/#/');
  await deleteForGood(other, 'task1');
  await expect(other.getByRole('alert')).toContainText(/“task1” is in use by a run/);

  await savedHash(page);
  await other.goto('/#/results');
  await expect(other.getByRole('heading', { name: 'Save', exact: true })).toBeVisible();
  await other.goto('/#/');
  await expect(names(other)).toHaveText(['base', 'task1', 'task2']);
  await deleteForGood(other, 'task1');
  await expect(names(other)).toHaveText(['base', 'task2']);
});
