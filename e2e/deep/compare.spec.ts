import { expect, test } from '@playwright/test';
import { compare, saved } from '../support/compare.ts';
import { putRecipe } from '../support/suite.ts';

test('every method is measured on the demo in one go', async ({ page }) => {
  test.setTimeout(400_000);
  await page.goto('/');
  const { recipe, methods } = await page.evaluate(async () => {
    const { engine } = window.stitchwork!;
    const folder = new URL('demo/', document.baseURI).href;
    const { recipe } = await engine.loadDemo('e2e', folder, 'vision', () => undefined);
    return { recipe, methods: await engine.methods() };
  });
  await page.goto('/#/merge');
  const editor = page.getByRole('textbox', { name: 'Recipe as YAML' });
  // Once the page has seen the demo, its own recipe of it no longer takes the place of another.
  await expect(editor).toHaveValue(/model: scenes/);
  await putRecipe(page, JSON.stringify({ ...recipe, models: recipe.models.slice(0, 2) }));
  await page.getByRole('link', { name: 'Compare methods on these models' }).click();
  // The other learners take minutes each.
  for (const name of ['RegMean', 'RegMean++'])
    await page.getByRole('checkbox', { name, exact: true }).check();
  await compare(page, /^Compare \d+ methods$/, 350_000);

  const told = JSON.parse(await saved(page, 'Methods as JSON')) as {
    methods: { id: string; why?: string; scores: { model: string; value: number }[] }[];
  };
  expect(told.methods.filter(({ why }) => why)).toEqual([]);
  const ofOne = ['nearswap', 'passthrough'];
  const wanted = methods.filter(
    ({ id, needs }) => !ofOne.includes(id) && (needs === null || id.startsWith('regmean')),
  );
  const measured = new Set(told.methods.map(({ id }) => id.split('/')[0]));
  expect([...measured].sort()).toEqual(wanted.map(({ id }) => id).sort());
  for (const { id, scores } of told.methods) {
    const merged = scores.filter(({ model }) => model === 'merged');
    expect(merged.map(({ value }) => value > 0.3 && value < 1, id)).toEqual([true, true]);
  }
});
