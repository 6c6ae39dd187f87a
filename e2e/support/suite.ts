import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, type Page, test } from '@playwright/test';
import { picoData, picoFolder } from '../../src/test/picoSuite.ts';
import { openFolders } from './run.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tokenizer = join(root, 'src/data/goldens/roberta/tokenizer.json');

export const tasks = ['mood', 'topic', 'tone', 'style'] as const;
export type Task = (typeof tasks)[number];

/** Folders base, mood, topic, tone and style: pico RoBERTas with train.jsonl and test.jsonl of two classes beside them. */
export function usePicoSuite(): { root: () => string; folder: (name: 'base' | Task) => string } {
  let out = '';
  test.beforeAll(async () => {
    out = mkdtempSync(join(tmpdir(), 'stitchwork-suite-'));
    const json = readFileSync(tokenizer, 'utf8');
    const files = [
      ...['base', ...tasks].flatMap((name, seed) => picoFolder(name, seed, json)),
      ...tasks.flatMap((task, i) => [
        ...picoData(`${task}/train.jsonl`, 48, 10 + i),
        ...picoData(`${task}/test.jsonl`, 30, 20 + i),
      ]),
    ];
    for (const { path, file } of files) {
      mkdirSync(dirname(join(out, path)), { recursive: true });
      writeFileSync(join(out, path), Buffer.from(await file.arrayBuffer()));
    }
  });
  test.afterAll(() => rmSync(out, { recursive: true, force: true }));
  return { root: () => out, folder: (name) => join(out, name) };
}

/** Copies folders, checkpoints with their data, into the library. */
export async function ingestSuite(page: Page, folders: readonly string[]): Promise<void> {
  await openFolders(page, folders);
  await page.getByRole('button', { name: /^Add to library/ }).click();
  await expect(page.getByText('Added to the library.').first()).toBeVisible();
}

/** A recipe of these tasks with data, quick to localize. */
export function suiteRecipe(names: readonly Task[], localize = 'epochs: 2'): string {
  const models = names.map(
    (name) => `  - model: ${name}
    data:
      train: ${name}/train.jsonl
      test: ${name}/test.jsonl
      template: "{text} It was{mask} ."
      label_words: [" the", " was"]
`,
  );
  return `merge_method: localize_and_stitch
base_model: base
models:
${models.join('')}localize: {preset: scaled, budget: exact, shots: 8, seed: 0, batch_size: 8, ${localize}}
evaluate: [accuracy]
`;
}

/** Puts a recipe on the table and waits until it can run. */
export async function putRecipe(page: Page, recipe: string): Promise<void> {
  await page.goto('/#/merge');
  await page.getByRole('textbox', { name: 'Recipe as YAML' }).fill(recipe);
  await expect(page.getByRole('button', { name: 'Localize with data' })).toBeEnabled();
}

/** Gives a model the data of its folder, read through a prompt. */
export async function addData(page: Page, task: Task): Promise<void> {
  await page.getByRole('button', { name: `Add data: ${task}` }).click();
  const dialog = page.getByRole('dialog', { name: `Data of ${task}` });
  await expect(dialog.getByRole('combobox', { name: 'Training data' })).toHaveValue(
    `${task}/train.jsonl`,
  );
  await expect(dialog.getByRole('combobox', { name: 'Test data' })).toHaveValue(
    `${task}/test.jsonl`,
  );
  await dialog.getByRole('textbox', { name: '0', exact: true }).fill('the');
  await dialog.getByRole('textbox', { name: '1', exact: true }).fill('was');
  await page.keyboard.press('Tab');
  await expect(dialog.getByText(/2 classes/)).toBeVisible();
  await expect(dialog.getByText(/It was<mask> \./)).toBeVisible();
  await dialog.getByRole('button', { name: 'Use this data' }).click();
  await expect(dialog).toBeHidden();
}

/** The rows of the table of localized masks. */
export function maskRows(page: Page) {
  return page
    .getByRole('region', { name: 'Localized masks' })
    .first()
    .locator('tbody')
    .getByRole('row');
}
