import { expect, test } from '@playwright/test';
import { expectNoViolation } from './support/axe.ts';
import { makeCheckpoint } from './makeCheckpoint.ts';
import { addToLibrary } from './support/library.ts';

const models = Array.from({ length: 8 }, (_, i) => `model${i + 1}`);

test('with eight models Merge is few tab stops away, and every field is reached by keyboard', async ({
  page,
}) => {
  await page.goto('/');
  await addToLibrary(
    page,
    ['base', ...models].map((name, seed) => makeCheckpoint(name, seed)),
  );
  await page.goto('/#/merge');
  // Edited, so that Undo and Start over are stops too.
  await page.getByRole('radio', { name: /^TIES/ }).check();
  await page.reload();
  const merge = page.getByRole('button', { name: 'Merge', exact: true });
  await expect(merge).toBeEnabled();
  const focused = (target: typeof merge) =>
    target.evaluate((element) => element === document.activeElement);
  let stops = 0;
  while (!(await focused(merge)) && stops < 40) {
    await page.keyboard.press('Tab');
    stops++;
  }
  expect(stops).toBeLessThanOrEqual(12);

  const lane = page.getByRole('listitem').filter({ hasText: 'model8' });
  const fields = lane.locator('summary');
  await expect(fields).toHaveText(/model8: density 20\.0\s% · weight 1 · no data/);
  const density = page.getByRole('spinbutton', { name: 'density of model8' });
  await expect(density).toBeHidden();
  for (stops = 0; !(await focused(fields)) && stops < 40; stops++) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('slider', { name: 'density of model8 slider' })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(density).toBeFocused();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('40');
  await page.keyboard.press('Enter');
  await expect(fields).toHaveText(/density 40\.0\s%/);
  await expectNoViolation(page, 'Merge with eight models');
});
