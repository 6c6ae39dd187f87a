import { expect, test } from '@playwright/test';
import { expectNoViolation } from './support/axe.ts';
import { compare, saved } from './support/compare.ts';
import { openPart } from './support/result.ts';
import { ingestSuite, putRecipe, suiteRecipe, tasks, usePicoSuite } from './support/suite.ts';

const suite = usePicoSuite();
const three = tasks.slice(0, 3);

test('methods that learn from data run from a recipe', async ({ page }) => {
  await page.goto('/');
  await ingestSuite(
    page,
    (['base', ...three] as const).map((name) => suite.folder(name)),
  );
  await page.goto('/#/merge');
  const recipe = suiteRecipe(three)
    .replace('localize_and_stitch', 'adamerging')
    .replace(/^localize:.*\n/m, 'parameters: { steps: 3, learning_rate: 0.01 }\n');
  await page.getByRole('textbox', { name: 'Recipe as YAML' }).fill(recipe);
  await expect(page.getByText(/^Needs data\. Examples of every task/)).toBeVisible();
  await page.getByRole('combobox', { name: 'Examples per class' }).selectOption('8');
  await expect(page.getByText(/has 24 examples, fewer/).first()).toBeHidden();
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  await expect(page).toHaveURL(/#\/results\//, { timeout: 60_000 });
  await openPart(page, 'Weights');
  const weights = page.getByRole('region', { name: 'Table of weights' });
  await expect(weights.getByRole('row').nth(1)).toContainText(/0\.\d{3}/, { timeout: 60_000 });

  const { found, fisherBytes, inputBytes } = await page.evaluate(async () => {
    const { engine } = window.stitchwork!;
    const { recipe } = (await engine.runs())[0]!;
    const found: Record<string, number[]> = {};
    let fisherBytes = 0;
    for (const [merge_method, parameters] of [
      ['adamerging_supervised', { steps: 2, layerwise: 0 }],
      ['adamerging_plus_plus', { steps: 2 }],
      ['fisher', { examples: 8 }],
      ['few_shot', { epochs: 1 }],
    ] as const) {
      const next = { ...recipe, merge_method, parameters };
      const { scores, bytesRead } = await engine.run(merge_method, next, () => undefined);
      found[merge_method] = scores.flatMap(({ model, value }) => (model === 'merged' ? value : []));
      if (merge_method === 'fisher') fisherBytes = bytesRead;
    }
    const inputBytes = (await engine.library()).reduce((sum, { bytes }) => sum + bytes, 0);
    return { found, fisherBytes, inputBytes };
  });
  // To learn every model is read, and to merge all of them with the base and what was made.
  expect(fisherBytes).toBeGreaterThan(1.75 * inputBytes);
  expect(fisherBytes).toBeLessThan(2.5 * inputBytes);
  for (const values of Object.values(found)) {
    expect(values).toHaveLength(3);
    for (const value of values) expect(value).toBeGreaterThan(0);
  }
});

test('methods and a sweep are measured in one go, and no run stays', async ({ page }) => {
  await page.goto('/');
  await ingestSuite(
    page,
    (['base', ...three] as const).map((name) => suite.folder(name)),
  );
  await putRecipe(page, suiteRecipe(three));
  await page.getByRole('link', { name: 'Compare methods on these models' }).click();
  const slerp = page.getByRole('checkbox', {
    name: 'SLERP Takes exactly 2 models; there are 3.',
    exact: true,
  });
  await expect(slerp).toBeDisabled();
  await page.getByRole('button', { name: 'None' }).click();
  for (const name of ['Simple average', 'Task arithmetic', 'Localize-and-Stitch, largest changes'])
    await page.getByRole('checkbox', { name, exact: true }).check();
  await compare(page, 'Compare 3 methods');

  const table = page.getByRole('region', { name: 'Table of methods' });
  await expect(table.getByRole('row')).toHaveCount(6);
  await expect(table.getByRole('cell', { name: /^Best:/ }).first()).toBeVisible();
  await table.getByRole('button', { name: 'Weights changed' }).click();
  await expect(table.getByRole('row').nth(2)).toContainText('Localize-and-Stitch');
  const rows = (await saved(page, 'Methods as CSV')).trim().split('\r\n');
  expect(rows[0]).toBe(`Method,Note,${three.join()},Mean,Of fine-tuned,Weights changed,Seconds`);
  const { methods } = JSON.parse(await saved(page, 'Methods as JSON'));
  expect(methods).toHaveLength(3);
  for (const { scores } of methods)
    for (const task of three)
      expect(scores).toContainEqual({
        ...{ model: 'merged', task, metric: 'accuracy', n: 30, value: expect.any(Number) },
      });
  await expect(page.getByRole('figure', { name: /^The best mean/ })).toBeVisible();
  await page.getByText('Tune on few shots').click();
  await page
    .getByRole('checkbox', { name: 'Tune Task arithmetic lambda 0.1 to 1, 10 runs' })
    .check();
  await compare(page, 'Compare 1 method');
  const tuned = table.getByRole('row', { name: /^Task arithmetic, tuned/ });
  await expect(tuned).toContainText(/lambda (0\.\d|1) by training examples/);
  await expectNoViolation(page, 'methods side by side');

  await page.goto('/#/merge');
  const swept = `${suiteRecipe(three).replace('localize_and_stitch', 'ties')}sweep: {parameters.density: [0.1, 0.5]}\n`;
  await page.getByRole('textbox', { name: 'Recipe as YAML' }).fill(swept);
  await page.getByRole('link', { name: 'Compare its 2 recipes' }).click();
  await compare(page, 'Compare 2 recipes');
  await expect(
    page.getByRole('figure', { name: /^Mean accuracy is best, .* at density/ }),
  ).toBeVisible();
  expect(await page.evaluate(() => window.stitchwork?.engine.runs())).toEqual([]);

  // What was measured is there after a reload.
  await page.goto('/#/merge');
  await page.reload();
  await page.getByRole('textbox', { name: 'Recipe as YAML' }).fill(swept);
  await page.getByRole('link', { name: 'Compare its 2 recipes' }).click();
  await expect(page.getByText('All of this is measured.')).toBeVisible();
});

test('ways to merge that a recipe lists are measured into its tables', async ({ page }) => {
  await page.goto('/');
  await ingestSuite(
    page,
    (['base', ...three] as const).map((name) => suite.folder(name)),
  );
  await page.goto('/#/merge');
  const recipe = `${suiteRecipe(['mood', 'topic'])}general:
  - name: manner
    data: {test: tone/test.jsonl, template: "{text} It was{mask} .", label_words: [" the", " was"]}
compare:
  - {name: Averaged, merge_method: linear, paper: {mood: 61.5, mean: 60}}
  - {name: Kept, localize: {preset: dataless}, parameters: {density: 0.1}}
  - {name: Missing, merge_method: nearswap}
tables: [scores, general, overlap]
`;
  await page.getByRole('textbox', { name: 'Recipe as YAML' }).fill(recipe);
  await page.getByRole('link', { name: 'Compare its 3 recipes' }).click();
  await expect(
    page.getByRole('checkbox', { name: /^Missing Takes exactly 1 model/ }),
  ).toBeDisabled();
  await compare(page, 'Compare 2 recipes');
  const scores = page.getByRole('region', { name: 'Accuracy of the merged model', exact: true });
  await expect(scores.getByRole('row')).toHaveText([
    /^Method\s*mood\s*topic\s*Mean$/,
    /^Base/,
    /^Fine-tuned/,
    /^Averaged/,
    /in the paper\s*61.5\s%\s*–\s*60.0\s%/,
    /^Kept/,
  ]);
  const general = page.getByRole('region', { name: /^Accuracy .* that no model was tuned for/ });
  await expect(general.getByRole('row')).toHaveText([
    /^Method\s*manner$/,
    /^Base/,
    /^Averaged/,
    /^Kept/,
  ]);
  const overlap = page.getByRole('region', { name: 'Overlap of masks (Jaccard index): Kept' });
  await expect(overlap.getByRole('row', { name: /^mood/ })).toContainText(/100.0\s%/);
  await expectNoViolation(page, 'tables of a recipe');
});

test('two runs of the history stand side by side, and one is run again', async ({ page }) => {
  await page.goto('/');
  await ingestSuite(
    page,
    (['base', 'mood'] as const).map((name) => suite.folder(name)),
  );
  await page.evaluate(async () => {
    const recipe = { base_model: 'base', models: [{ model: 'mood' }] };
    for (const merge_method of ['linear', 'ties'])
      await window.stitchwork?.engine.run(
        merge_method,
        { ...recipe, merge_method, dtype: 'float32', out_dtype: 'base' },
        () => undefined,
      );
  });
  await page.goto('/#/results/history');
  const runs = page.getByRole('region', { name: 'Table of runs' });
  await expect(runs.getByRole('row')).toHaveCount(3);
  await runs.getByRole('checkbox', { name: /TIES/ }).check();
  await runs.getByRole('checkbox', { name: /Simple average/ }).check();
  const pair = page.getByRole('region', { name: 'Two runs side by side' });
  await expect(pair.getByRole('row', { name: 'merge_method' })).toContainText('ties');
  await expect(pair.getByRole('row', { name: /^Weights changed/ })).toContainText('%');
  await page.getByRole('searchbox', { name: 'Search runs' }).fill('ties mood');
  await expect(runs.getByRole('row')).toHaveCount(2);
  await expectNoViolation(page, 'history of runs');
  await runs.getByRole('button', { name: /^Take the recipe of TIES/ }).click();
  await expect(page.getByRole('textbox', { name: 'Recipe as YAML' })).toHaveValue(
    /^merge_method: ties/,
  );
});
