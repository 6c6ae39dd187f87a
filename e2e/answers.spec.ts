import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { picoFolder, picoGpt2 } from '../src/test/picoSuite.ts';
import { ingestSuite } from './support/suite.ts';
import { openPart } from './support/result.ts';

const tokenizer = fileURLToPath(
  new URL('../src/data/goldens/gpt2/tokenizer.json', import.meta.url),
);
const model = { ...picoGpt2, shapes: { ...picoGpt2.shapes, 'wpe.weight': [320, 16] } };
const instructions = Array.from({ length: 12 }, (_, i) => ({
  instruction: `What is ${i} and 1?`,
  input: i % 2 ? 'They told you.' : '',
  output: String(i + 1),
}));
const questions = Array.from({ length: 6 }, (_, i) => ({
  question: `What is ${i} and 1?`,
  subject: 'sums',
  choices: [String(i), String(i + 1), 'none'],
  answer: 1,
}));

const chatTemplate =
  "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}";

let root = '';
test.beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'stitchwork-answers-'));
  const put = (path: string, content: string | Buffer) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  put('helper/alpaca_train.json', JSON.stringify(instructions));
  put('helper/chat_template.jinja', chatTemplate);
  put('helper/sums_test.jsonl', questions.map((row) => JSON.stringify(row)).join('\n'));
});
test.beforeAll(async () => {
  const json = readFileSync(tokenizer, 'utf8');
  for (const [seed, name] of ['base', 'helper'].entries())
    for (const { path, file } of picoFolder(name, seed, json, model)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), Buffer.from(await file.arrayBuffer()));
    }
});
test.afterAll(() => rmSync(root, { recursive: true, force: true }));

test('instructions and questions are known by their columns, and a model is localized with them', async ({
  page,
}) => {
  await page.goto('/');
  await ingestSuite(
    page,
    ['base', 'helper'].map((name) => join(root, name)),
  );
  await page.goto('/#/merge');
  await page.getByRole('button', { name: 'Add data: helper' }).click();
  const dialog = page.getByRole('dialog', { name: 'Data of helper' });
  const [train, check] = [
    dialog.getByRole('combobox', { name: 'Training data' }),
    dialog.getByRole('combobox', { name: 'Test data' }),
  ];
  await expect(train).toHaveValue('helper/alpaca_train.json');
  await check.selectOption('helper/alpaca_train.json');
  await expect(dialog.getByRole('radio', { name: 'Written text' })).toBeChecked();
  const prompt = dialog.getByRole('combobox', { name: 'Written as' });
  await expect(prompt).toHaveValue('alpaca');
  await expect(
    dialog.getByText(/answers · Alpaca’s prompt · 12 training and 12 test/),
  ).toBeVisible();
  await expect(dialog.getByText(/### Response:→1/)).toBeVisible();

  await prompt.selectOption('chat');
  await expect(dialog.getByText(/^<user>What is 0 and 1\?<assistant>→1$/)).toBeVisible();

  await prompt.selectOption('own');
  await dialog.getByRole('textbox', { name: 'Template' }).fill('Sum: {question}\nA:');
  await expect(dialog.getByText(/unknown field \{question\}|needs \{text\}/).first()).toBeVisible();
  await dialog.getByRole('textbox', { name: 'Template' }).fill('Sum: {text}\nA:');
  await expect(dialog.getByText(/Sum: What is 0 and 1\?/)).toBeVisible();

  await train.selectOption('');
  await check.selectOption('helper/sums_test.jsonl');
  await dialog.getByRole('radio', { name: 'Choices' }).check();
  await dialog.getByRole('combobox', { name: 'Choices are told by' }).selectOption('letter');
  await expect(dialog.getByText(/B\. 1/)).toBeVisible();
  await dialog
    .getByRole('combobox', { name: 'Solved questions before each' })
    .selectOption('helper/sums_test.jsonl');
  await dialog.getByRole('spinbutton', { name: 'How many' }).fill('2');
  await page.keyboard.press('Tab');
  await expect(dialog.getByText(/letters, behind 2 solved ones/)).toBeVisible();

  const right = dialog.getByRole('combobox', { name: 'Right choice' });
  await right.selectOption('subject');
  await expect(dialog.getByText(/no right answer \("sums"\) among its 3 choices/)).toBeVisible();
  await right.selectOption('');

  await dialog.getByRole('radio', { name: 'Written text' }).check();
  await train.selectOption('helper/alpaca_train.json');
  await check.selectOption('helper/alpaca_train.json');
  await prompt.selectOption('alpaca');
  await dialog.getByRole('button', { name: 'Use this data' }).click();
  await expect(dialog).toBeHidden();
  const lane = page.getByRole('listitem').filter({ hasText: 'helper' }).first();
  await expect(lane).toContainText('64 examples · prompts and answers');
  await page.getByText('More', { exact: true }).click();
  await page.getByRole('spinbutton', { name: 'Epochs' }).fill('1');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('textbox', { name: 'Recipe as YAML' })).toHaveValue(
    /template: alpaca\n +kind: answers/,
  );
  await page.getByRole('button', { name: 'Localize with data' }).click();
  await expect(page).toHaveURL(/#\/results\//, { timeout: 60_000 });
  await openPart(page, 'Scores');
  await expect(page.getByText('perplexity', { exact: false }).first()).toBeVisible();
});
