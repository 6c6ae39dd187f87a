import { expect, test } from '@playwright/test';
import { makeCheckpoint } from './makeCheckpoint.ts';
import { addToLibrary } from './support/library.ts';

test('densities are counted over all parameters where the page says so', async ({ page }) => {
  await page.goto('/');
  await addToLibrary(page, [makeCheckpoint('base', 0), makeCheckpoint('mood', 1)]);
  await page.goto('/#/merge');
  const recipe = page.getByRole('textbox', { name: 'Recipe as YAML' });
  await recipe.fill(
    'merge_method: localize_and_stitch\nbase_model: base\nmodels: [{model: mood}]\nscope: blocks\n',
  );
  await expect(page.getByText('Density: share of the weights in scope.')).toBeVisible();
  await page
    .getByRole('combobox', { name: 'Density counts over' })
    .selectOption({ label: 'all parameters' });
  await expect(recipe).toHaveValue(/density_of: model/);
  await expect(
    page.getByText(
      /^Density: share of all 20\.5\sk parameters, of which the scope holds 83\.2\s%\.$/,
    ),
  ).toBeVisible();

  const density = page.getByRole('spinbutton', { name: 'density' });
  await density.fill('100');
  await page.keyboard.press('Tab');
  await expect(page.getByText(/The density of “mood” is [\d,]+ of all [\d,]+ param/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Merge', exact: true })).toBeDisabled();

  await density.fill('10');
  await page.keyboard.press('Tab');
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('of weights changed');
});
