import { readFileSync } from 'node:fs';
import { expect, type Page, test } from '@playwright/test';
import { expectNoViolation } from './support/axe.ts';
import { ingestSuite, putRecipe, suiteRecipe, tasks, usePicoSuite } from './support/suite.ts';
import { openPart } from './support/result.ts';

const suite = usePicoSuite();
const [mood, topic] = tasks;

/** The panel of a result of two tasks, at the density of 5 % that recipes have by default. */
async function openStudy(page: Page) {
  await page.goto('/');
  await ingestSuite(
    page,
    (['base', mood, topic] as const).map((name) => suite.folder(name)),
  );
  await putRecipe(page, suiteRecipe([mood, topic]));
  await page.getByRole('button', { name: 'Localize with data' }).click();
  await expect(page).toHaveURL(/#\/results\//, { timeout: 60_000 });
  await openPart(page, 'Measure more');
  const panel = page.getByRole('region', { name: 'Measure more' });
  await expect(panel).toBeVisible({ timeout: 60_000 });
  return panel;
}

/** Ids of all runs in storage. */
function runIds(page: Page): Promise<string[]> {
  return page.evaluate(
    async () => (await window.stitchwork?.engine.runs())?.map(({ id }) => id) ?? [],
  );
}

async function saved(page: Page, figure: RegExp, button: string): Promise<Buffer> {
  const coming = page.waitForEvent('download');
  await page
    .getByRole('figure', { name: figure })
    .getByRole('button', { name: button, exact: true })
    .click();
  return readFileSync(await (await coming).path());
}

test('two densities by two localizers become a figure and files, and no run stays', async ({
  page,
}) => {
  const panel = await openStudy(page);
  const before = await runIds(page);
  await panel.getByRole('checkbox', { name: 'Random' }).uncheck();
  await expect(panel.getByRole('checkbox', { name: 'Scaled' })).toBeChecked();
  await expect(panel.getByRole('checkbox', { name: 'Largest changes' })).toBeChecked();
  const densities = panel.getByRole('textbox', { name: 'Densities in %' });
  await densities.fill('1, many');
  await expect(panel.getByText('“many” is no density')).toBeVisible();
  await expect(panel.getByRole('button', { name: 'Measure' })).toBeDisabled();

  await densities.fill('5, 20');
  await expect(panel.getByText(/^3 runs, 1 measured already/)).toBeVisible();
  await densities.press('Enter');
  await expect(panel.getByText(/^Measuring 1 of 3/)).toBeVisible();
  await expect(panel.getByText('All of this is measured.')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole('figure', { name: /^Merged at 5.%/ })).toBeVisible();
  expect(await runIds(page)).toEqual(before);

  const rows = String(await saved(page, /^Grafted at 5.%/, 'CSV'))
    .trim()
    .split('\r\n');
  expect(rows[0]).toBe('Localizer,Density,Task,Examples,Base,Fine-tuned,Graft,Merged');
  expect(rows.slice(1).map((row) => row.split(',').slice(0, 3).join())).toEqual(
    ['Scaled', 'Largest changes'].flatMap((localizer) =>
      ['0.05', '0.2'].flatMap((density) =>
        [mood, topic, 'Mean'].map((task) => [localizer, density, task].join()),
      ),
    ),
  );
  const { points } = JSON.parse(String(await saved(page, /^Grafted at 5.%/, 'JSON')));
  expect(points).toHaveLength(4);
  expect(points[0].scores).toHaveLength(8);
  const png = await saved(page, /^Grafted at 5.%/, 'PNG');
  expect(png.subarray(1, 4).toString()).toBe('PNG');

  await expect(page.getByRole('figure', { name: /^Best at/ })).toContainText('Fig. 3');
  const overlaps = String(await saved(page, /^Best at/, 'CSV'))
    .trim()
    .split('\r\n');
  expect(overlaps).toHaveLength(3);

  await page.getByRole('combobox', { name: 'Show' }).selectOption(mood);
  await expect(
    page.getByRole('figure', { name: new RegExp(`^Grafted on ${mood} at`) }),
  ).toBeVisible();
  await expectNoViolation(page, 'study');
});

test('tasks are stitched one by one, and each is told', async ({ page }) => {
  const panel = await openStudy(page);
  const before = await runIds(page);
  await panel.getByRole('radio', { name: /Tasks/ }).check();
  const numbers = panel.getByRole('textbox', { name: 'Numbers of tasks' });
  await expect(numbers).toHaveValue('1, 2');
  await numbers.fill('1, 3');
  await expect(panel.getByText('it must be a whole number from 1 to 2')).toBeVisible();
  await numbers.fill('1, 2');
  for (const other of ['Largest changes', 'Random'])
    await panel.getByRole('checkbox', { name: other }).uncheck();
  await expect(panel.getByText(/^1 run, 1 measured already/)).toBeVisible();
  await panel.getByRole('button', { name: 'Measure' }).click();
  await expect(panel.getByText('All of this is measured.')).toBeVisible({ timeout: 60_000 });
  const rows = String(await saved(page, /^Mean accuracy .* one task to/, 'CSV'))
    .trim()
    .split('\r\n');
  expect(rows[0]).toBe('Tasks,Last task,Scaled,Fine-tuned,Base');
  expect(rows.slice(1).map((row) => row.split(',').slice(0, 2).join())).toEqual([
    `1,${mood}`,
    `2,${topic}`,
  ]);
  expect(await runIds(page)).toEqual(before);
});

test('every model is measured on every task', async ({ page }) => {
  const panel = await openStudy(page);
  await expect(panel).toBeVisible();
  await page.getByRole('button', { name: 'Measure 2 pairs' }).click();
  const figure = page.getByRole('figure', { name: /^On other tasks, fine-tunes reach/ });
  await expect(figure).toBeVisible({ timeout: 60_000 });
  await expect(figure).toContainText('Fig. 8');
  const rows = String(await saved(page, /^On other tasks/, 'CSV'))
    .trim()
    .split('\r\n')
    .map((row) => row.split(','));
  expect(rows.map(([name]) => name)).toEqual(['Model', 'Base', mood, topic, 'Merged']);
  for (const row of rows.slice(1))
    for (const cell of row.slice(1)) expect(Number(cell)).toBeLessThanOrEqual(1);
  expect(rows.flat()).not.toContain('');
});

test('a study is cancelled with what it has, and lists what could not be measured', async ({
  page,
}) => {
  const panel = await openStudy(page);
  const before = await runIds(page);
  await panel.getByRole('radio', { name: /Shots/ }).check();
  const shots = panel.getByRole('textbox', { name: 'Examples per class' });
  await shots.fill('4, 9999');
  await panel.getByRole('button', { name: 'Measure' }).click();
  await expect(panel.getByText('1 point could not be measured')).toBeVisible({ timeout: 60_000 });
  await expect(panel.getByRole('listitem')).toHaveText(
    /^\s*Scaled, 9999 examples per class:\s+The class "0" has 24 examples/,
  );
  const figure = page.getByRole('figure', { name: /^Merged accuracy .*4 examples per class/ });
  await expect(figure).toBeVisible();

  const many = '2, 3, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 22, 23, 24';
  await shots.fill(many);
  await panel.getByRole('button', { name: 'Measure' }).click();
  await expect(panel.getByText(/^Measuring 2 of 20/)).toBeVisible({ timeout: 60_000 });
  await panel.getByRole('button', { name: 'Cancel' }).click();
  await panel.getByRole('radio', { name: /Shots/ }).check();
  await shots.fill(many);
  await expect(panel.getByText(/^1?\d runs?, 1?\d measured already/)).toBeVisible();
  expect(await runIds(page)).toEqual(before);
});

test('a study at work is found again, with its Cancel, after a look at Merge', async ({ page }) => {
  const panel = await openStudy(page);
  const [studied] = await runIds(page);
  await putRecipe(page, suiteRecipe([mood]));
  await expect(page.getByText(/^Left out/)).toBeVisible();
  await page.getByRole('button', { name: 'Localize with data' }).click();
  await expect(page).not.toHaveURL(`/#/results/${studied}`);
  await expect(page).toHaveURL(/#\/results\//, { timeout: 60_000 });
  const newest = new URL(page.url()).hash;

  await page.goto(`/#/results/${studied}/more`);
  await panel
    .getByRole('textbox', { name: 'Densities in %' })
    .fill('1, 2, 3, 4, 6, 7, 8, 9, 10, 11');
  await panel.getByRole('button', { name: 'Measure' }).click();
  await expect(panel.getByText(/^Measuring 2 of/)).toBeVisible({ timeout: 60_000 });
  await page.goto('/#/merge');
  await expect(page.getByRole('heading', { name: 'Measuring' })).toBeVisible();
  await page.goto(`/${newest}/more`);
  await expect(panel.getByRole('button', { name: 'Cancel' })).toBeVisible();
  await panel.getByRole('link', { name: 'another result' }).click();
  await expect(page).toHaveURL(`/#/results/${studied}`);
  await page.goto('/#/merge');
  await page.goto('/#/results');
  await expect(panel.getByText(/^Measuring \d+ of/)).toBeVisible();
  await expect(panel.getByRole('link', { name: 'another result' })).toHaveCount(0);
  await panel.getByRole('button', { name: 'Cancel' }).click();
  await expect(panel.getByRole('button', { name: 'Measure' })).toBeVisible();
  await expect(panel.getByText(/measured already/)).toBeVisible();
});
