import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, type Page, test } from '@playwright/test';
import { savedHash } from './support/run.ts';
import {
  addData,
  ingestSuite,
  maskRows,
  putRecipe,
  suiteRecipe,
  tasks,
  usePicoSuite,
} from './support/suite.ts';
import { openPart } from './support/result.ts';

const suite = usePicoSuite();
const [mood, topic, tone, style] = tasks;
const three = ['base', mood, topic, tone] as const;

/** A page with the base and these tasks in its library. */
async function openWith(page: Page, names: readonly (typeof three)[number][] = three) {
  await page.goto('/');
  await ingestSuite(
    page,
    names.map((name) => suite.folder(name)),
  );
}

/** Takes a model of the library in, in the dialog that *Add a task* opens. */
async function pickTask(page: Page, task: string) {
  const dialog = page.getByRole('dialog', { name: 'Add a task' });
  await expect(dialog.getByRole('checkbox')).toHaveCount(1);
  await dialog.getByRole('checkbox', { name: task }).check();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByRole('checkbox', { name: task })).toBeChecked();
}

async function run(page: Page) {
  await page.getByRole('button', { name: 'Localize with data' }).click();
  await expect(page).toHaveURL(/#\/results\//, { timeout: 60_000 });
  await expect(page.getByRole('heading', { level: 1 })).toContainText(
    /fine-tuned accuracy|no share is told/,
  );
}

async function downloaded(page: Page, button: string): Promise<string> {
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: button }).click();
  return readFileSync(await (await coming).path(), 'utf8');
}

test('from dropped folders to a stitched model, its scores, a fourth task and a saved file', async ({
  page,
}) => {
  await openWith(page);
  const data = page.getByRole('region', { name: 'Data', exact: true });
  await expect(data.getByRole('row')).toHaveCount(7);

  await page.goto('/#/merge');
  await expect(page.getByRole('button', { name: 'Merge', exact: true })).toBeEnabled();
  for (const task of [mood, topic, tone]) await addData(page, task);
  const lane = page.getByRole('listitem').filter({ hasText: mood }).first();
  await expect(lane).toContainText('64 per class · prompt · 2 classes');
  await expect(lane).toContainText('not yet');
  await expect(page.getByRole('alert').first()).toContainText(/24 .*64/);
  await expect(page.getByRole('button', { name: 'Localize with data' })).toBeDisabled();

  await page.getByRole('radio', { name: /^Largest changes/ }).check();
  await expect(page.getByRole('button', { name: 'Merge', exact: true })).toBeVisible();
  await page.getByRole('radio', { name: /^Scaled/ }).check();
  await page.getByRole('combobox', { name: 'Examples per class' }).selectOption('8');
  await page.getByText('More', { exact: true }).click();
  await page.getByRole('spinbutton', { name: 'Epochs' }).fill('2');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('textbox', { name: 'Recipe as YAML' })).toHaveValue(
    /localize: \{preset: scaled, budget: exact, shots: 8, seed: 0, epochs: 2\}/,
  );
  await run(page);
  await openPart(page, 'Masks');
  await expect(maskRows(page)).toHaveCount(3);
  await expect(maskRows(page).getByText('new')).toHaveCount(3);
  await openPart(page, 'Scores');
  await expect(page.getByRole('figure', { name: /accuracy/i }).first()).toBeVisible();

  const rows = (await downloaded(page, 'Scores as CSV')).trim().split('\r\n');
  expect(rows[0]).toBe('model,task,metric,value,n');
  expect(rows).toHaveLength(1 + 3 * 4);
  const { scores } = JSON.parse(await downloaded(page, 'Scores as JSON')) as { scores: object[] };
  expect(scores[0]).toMatchObject({ model: 'base', metric: 'accuracy', n: 30 });

  const first = page.url();
  const toggle = page.getByRole('checkbox', { name: tone });
  await toggle.click();
  await expect(page).not.toHaveURL(first, { timeout: 30_000 });
  await openPart(page, 'Masks');
  await expect(maskRows(page)).toHaveCount(2);
  await expect(maskRows(page).getByText('reused')).toHaveCount(2);
  await openPart(page, 'Scores');
  await toggle.click();
  await expect(page).toHaveURL(first);

  await ingestSuite(page, [suite.folder(style)]);
  await page.goto('/#/results');
  await page.goto(first);
  await page.getByRole('button', { name: 'Add a task' }).click();
  await pickTask(page, style);
  await addData(page, style);
  await expect(page.getByRole('definition').filter({ hasText: 'of 4' })).toContainText('1 of 4');
  await run(page);
  await openPart(page, 'Masks');
  await expect(maskRows(page).getByText('reused')).toHaveCount(3);
  await expect(maskRows(page).filter({ hasText: style })).toContainText('new');
  expect(await savedHash(page)).toMatch(/^[0-9a-f]{64}$/);
});

test('a folder of models, data and a recipe is ready to run as the recipe says', async ({
  page,
}) => {
  const recipe = suiteRecipe([mood, tone]);
  writeFileSync(join(suite.root(), 'recipe.yml'), recipe);
  await page.goto('/');
  await page.locator('#open-folder').setInputFiles(suite.root());
  const panel = page.getByRole('region', { name: 'What you dropped' });
  await expect(panel.getByText('mood/train.jsonl')).toBeVisible();
  await page.getByRole('button', { name: /^Add to library/ }).click();
  await page.getByRole('link', { name: 'Set up the merge' }).click();
  await expect(page.getByRole('textbox', { name: 'Recipe as YAML' })).toHaveValue(recipe);
  await run(page);
  await openPart(page, 'Masks');
  await expect(maskRows(page)).toHaveCount(2);
});

test('trained models score as torch measured them, and stitching beats the base', async ({
  page,
}) => {
  const trained = fileURLToPath(new URL('fixtures/suite', import.meta.url));
  const { accuracy } = JSON.parse(readFileSync(join(trained, 'suite.json'), 'utf8')) as {
    accuracy: Record<'base' | 'finetuned', Record<string, number>>;
  };
  await page.goto('/');
  await ingestSuite(
    page,
    ['base', 'sentiment', 'questions'].map((name) => join(trained, name)),
  );
  const recipe = readFileSync(join(trained, 'recipe.yml'), 'utf8');
  const two = recipe.replace(/ {2}- model: subjectivity[^]*(?=localize:)/, '');
  await putRecipe(page, two.replace('shots: 64', 'shots: 16').replace('epochs: 10', 'epochs: 4'));
  await run(page);
  await openPart(page, 'Scores');
  const { scores } = JSON.parse(await downloaded(page, 'Scores as JSON')) as {
    scores: { model: string; task: string; value: number; n: number }[];
  };
  const value = (model: string, task: string) =>
    scores.find((score) => score.model === model && score.task === task)?.value ?? NaN;
  for (const task of ['sentiment', 'questions']) {
    for (const model of ['base', 'finetuned'] as const)
      expect(Math.abs(value(model, task) - (accuracy[model][task] ?? NaN))).toBeLessThan(1.5 / 240);
    expect(value('merged', task)).toBeGreaterThan(value('base', task));
  }
  await expect(page.getByText(/The fine-tuned model is right on/)).toHaveCount(0);

  const swapped = two.replace('[" terrible", " great"]', '[" great", " terrible"]');
  await putRecipe(
    page,
    swapped.replace('shots: 64', 'shots: 16').replace(/epochs: \d+/, 'epochs: 1'),
  );
  await run(page);
  await expect(
    page.getByText(
      /sentiment: The fine-tuned model is right on \d of 32 training examples, where chance is 16 .* Its label words seem to be in another order: as “ terrible”, “ great” it is right on \d\d\./,
    ),
  ).toBeVisible();
});

test('joint masks are kept when a task is added, unless all are asked for again', async ({
  page,
}) => {
  await openWith(page);
  await page.goto('/#/merge');
  await putRecipe(page, suiteRecipe([mood, topic]).replace('scaled', 'joint'));
  await run(page);
  await openPart(page, 'Scores');
  await page.getByRole('button', { name: 'Add a task' }).click();
  await pickTask(page, tone);
  const picker = page.getByRole('region', { name: 'Localize', exact: true });
  await expect(picker).toContainText('2 masks of an earlier run are kept.');
  await expect(page.getByText(/Needs training data for tone too/).first()).toBeVisible();
  await addData(page, tone);

  const editor = page.getByRole('textbox', { name: 'Recipe as YAML' });
  const again = page.getByRole('checkbox', { name: 'Find all masks again' });
  await again.check();
  await expect(editor).not.toHaveValue(/mask: [0-9a-f]{64}/);
  await again.uncheck();
  await expect(editor).toHaveValue(/mask: [0-9a-f]{64}/);
  await run(page);
  await openPart(page, 'Masks');
  await expect(maskRows(page).filter({ hasText: tone })).toContainText('new');
  await expect(maskRows(page).getByText('new')).toHaveCount(1);
});

test('localizing pauses, and goes on after a reload to the same bytes', async ({
  page,
  browser,
}) => {
  const recipe = suiteRecipe([mood], 'epochs: 60');
  await openWith(page, ['base', mood]);
  await putRecipe(page, recipe);
  await page.getByRole('button', { name: 'Localize with data' }).click();
  await page.getByRole('button', { name: 'Pause' }).click();
  const panel = page.getByRole('region', { name: 'Paused' });
  await expect(panel).toContainText(/step \d+ of 120/);
  const held = await panel.innerText();
  await page.waitForTimeout(600);
  expect(await panel.innerText()).toBe(held);
  await panel.getByRole('button', { name: 'Resume' }).click();
  await expect(page.getByRole('region', { name: 'Localizing' })).toBeVisible();
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.reload();
  const stopped = page.getByRole('region', { name: 'Stopped runs' });
  await expect(stopped).toContainText('Stopped while localizing');
  await stopped.getByRole('button', { name: 'Resume' }).click();
  const resumed = await savedHash(page);

  const other = await browser.newPage();
  await openWith(other, ['base', mood]);
  await putRecipe(other, recipe);
  await other.getByRole('button', { name: 'Localize with data' }).click();
  expect(await savedHash(other)).toBe(resumed);
  await other.close();
});

test('data that do not fit are named with what to do, and nothing is lost', async ({ page }) => {
  await openWith(page, ['base', mood]);
  await page.goto('/#/merge');
  await page.getByRole('button', { name: `Add data: ${mood}` }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: '0', exact: true }).fill('extraordinarily');
  await dialog.getByRole('textbox', { name: '1', exact: true }).fill('was');
  await page.keyboard.press('Tab');
  await expect(dialog.getByText(/extraordinarily.*token/)).toBeVisible();
  await dialog.getByRole('textbox', { name: 'Template' }).fill('{text} It was .');
  await expect(dialog.getByText('The template needs {text} and, once, {mask}.')).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Use this data' })).toBeDisabled();

  const latin1 = { name: 'latin.csv', mimeType: '', buffer: Buffer.from([0x74, 0xe9, 0x0a, 0xe9]) };
  await dialog.getByTestId('data-file').setInputFiles(latin1);
  await dialog.getByRole('combobox', { name: 'Training data' }).selectOption('latin.csv');
  await expect(dialog.getByText(/UTF-8/).first()).toBeVisible();
  await dialog.getByRole('button', { name: 'Cancel' }).click();

  await page
    .getByRole('textbox', { name: 'Recipe as YAML' })
    .fill(suiteRecipe([mood]).replace('mood/test.jsonl', 'mood/gone.jsonl'));
  await expect(page.getByText(/Data not in the library: mood\/gone\.jsonl/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Localize with data' })).toBeDisabled();
});

test('parts of a Parquet data set are opened as one, with its columns and class names', async ({
  page,
}) => {
  await openWith(page, ['base', mood]);
  await page.goto('/#/merge');
  await page.getByRole('button', { name: `Add data: ${mood}` }).click();
  const dialog = page.getByRole('dialog');
  const goldens = fileURLToPath(new URL('../src/data/goldens/tables/', import.meta.url));
  const buffer = readFileSync(join(goldens, 'zstd.parquet'));
  const names = [0, 1].map((at) => `train-0000${at}-of-00002.parquet`);
  const parts = names.map((name) => ({ name, mimeType: '', buffer }));
  await dialog.getByTestId('data-file').setInputFiles(parts);
  await dialog.getByRole('combobox', { name: 'Training data' }).selectOption('train');
  await expect(dialog.getByRole('cell', { name: 'Größe 😀 中' }).first()).toBeVisible();
  await dialog.getByRole('combobox', { name: 'Text', exact: true }).selectOption('text');
  await dialog.getByRole('combobox', { name: 'Label', exact: true }).selectOption('label');
  await expect(
    dialog.getByText(
      /have no label and are left out, e\.g\. line 3 of train-00000-of-00002\.parquet/,
    ),
  ).toBeVisible();
});

const secret = { '−1': 'text\tlabel\ngood\t-1\n', absent: 'index\ttext\n0\tgood\n' };
for (const [how, text] of Object.entries(secret))
  test(`a test set whose labels are ${how} gives way to that for validation`, async ({ page }) => {
    await openWith(page, ['base', mood]);
    await page.goto('/#/merge');
    await expect(page.getByRole('button', { name: `Add data: ${mood}` })).toBeVisible();
    await page.evaluate((test) => {
      const transfer = new DataTransfer();
      const told = 'text\tlabel\ngood\t1\n';
      for (const [name, rows] of Object.entries({ test, validation: told, train: told }))
        transfer.items.add(new File([rows], `${name}.tsv`));
      const lane = document.querySelector('[data-model="mood"]');
      for (const type of ['dragenter', 'dragover', 'drop'])
        lane?.dispatchEvent(
          new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }),
        );
    }, text);
    const dialog = page.getByRole('dialog', { name: 'Data of mood' });
    const chosen = (use: string) => dialog.getByRole('combobox', { name: use });
    await expect(chosen('Training data')).toHaveValue('train.tsv');
    await expect(chosen('Test data')).toHaveValue('validation.tsv');
  });

test('a file dropped on a model becomes its data', async ({ page }) => {
  await openWith(page, ['base', mood]);
  await page.goto('/#/merge');
  await expect(page.getByRole('button', { name: `Add data: ${mood}` })).toBeVisible();
  await page.evaluate(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['text\tlabel\ngood\t1\nbad\t0\n'], 'few.tsv'));
    const lane = document.querySelector('[data-model="mood"]');
    for (const type of ['dragenter', 'dragover', 'drop'])
      lane?.dispatchEvent(
        new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }),
      );
  });
  const dialog = page.getByRole('dialog', { name: 'Data of mood' });
  await expect(dialog.getByRole('combobox', { name: 'Training data' })).toHaveValue('few.tsv');
  await expect(dialog.getByRole('cell', { name: 'good' })).toBeVisible();
});
