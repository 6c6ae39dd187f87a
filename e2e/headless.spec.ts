import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { picoData, picoFolder } from '../src/test/picoSuite.ts';
import { safetensorsBlob } from '../src/test/fileBytes.ts';
import { expectMerge, goldens, headless, readTensors, root } from './support/headless.ts';

test('merging from the command line gives the bytes and counts of the reference', () =>
  expectMerge('mixed', 'localize_and_stitch-mixed.float16'));

test('a wrong recipe ends with its line and field on stderr and nothing on stdout', async () => {
  const info = test.info();
  const recipe = info.outputPath('recipe.yml');
  await mkdir(info.outputDir, { recursive: true });
  await writeFile(
    recipe,
    'merge_method: ties\nbase_model: base\nmodels: [{model: a}]\nscope: some\n',
  );
  const out = info.outputPath('merged');
  const ended = await headless(recipe, '--models', join(goldens, 'f32'), '--out', out);
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain('Line 4, scope: must be blocks, all or');
  expect(ended.stdout).toBe('');
  expect(await readdir(out)).toEqual([]);
});

test('inspecting prints what fits, and fails when a file is broken', async () => {
  const info = test.info();
  const base = join(goldens, 'f32/base.safetensors');
  const tuned = join(goldens, 'f32/a.safetensors');
  const fitting = await headless('--inspect', base, tuned);
  expect(fitting.code, fitting.stderr).toBe(0);
  const { files, fit } = JSON.parse(fitting.stdout);
  expect(files[0].checkpoints[0]).toMatchObject({ name: 'base', parameters: 3047 });
  expect(files[0].checkpoints[0].tensors).toHaveLength(11);
  expect(fit).toMatchObject({ base: 'base', models: [{ name: 'a', missing: [], refusal: null }] });

  await mkdir(info.outputDir, { recursive: true });
  const broken = info.outputPath('broken.safetensors');
  await writeFile(broken, (await readFile(base)).subarray(0, -1));
  const failing = await headless('--inspect', base, broken);
  expect(failing.code).toBe(1);
  expect(JSON.parse(failing.stdout).files[1].problems[0].message).toContain('broken.safetensors');
});

test('a file that cannot be opened is named once', async () => {
  const info = test.info();
  const models = info.outputPath('models');
  await mkdir(models, { recursive: true });
  const quantized = safetensorsBlob({ 'w.qweight': [2, 4], 'w.qzeros': [1, 4] }, 'I32');
  for (const name of ['base', 'other'])
    await writeFile(
      join(models, `${name}.safetensors`),
      Buffer.from(await quantized.arrayBuffer()),
    );
  const recipe = info.outputPath('recipe.yml');
  await writeFile(recipe, 'merge_method: linear\nbase_model: base\nmodels: [{model: other}]\n');
  const ended = await headless(recipe, '--models', models, '--out', info.outputPath('merged'));
  expect(ended.code).toBe(1);
  const told = ended.stderr.split('\n').filter((line) => line.includes('is quantized'));
  expect(told).toEqual([
    expect.stringMatching(
      /^base\.safetensors is quantized \(GPTQ or AWQ\), (?!.*base\.safetensors)/,
    ),
  ]);
});

/** Writes a base, fine-tunes and their data below a folder. */
async function writePico(folder: string, tasks: readonly string[]): Promise<void> {
  const tokenizer = await readFile(join(root, 'src/data/goldens/roberta/tokenizer.json'), 'utf8');
  const files = [
    ...['base', ...tasks].flatMap((name, seed) => picoFolder(name, seed, tokenizer)),
    ...tasks.flatMap((task, i) => [
      ...picoData(`${task}/train.jsonl`, 40, 10 + i),
      ...picoData(`${task}/test.jsonl`, 30, 20 + i),
    ]),
  ];
  for (const { path, file } of files) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), Buffer.from(await file.arrayBuffer()));
  }
}

interface Predicted {
  task: string;
  values: number[][];
}

/** Share of rows [n × 2] whose larger value is at the label of the same line. */
async function accuracyOf(values: readonly number[][], jsonl: string): Promise<number> {
  const lines = (await readFile(jsonl, 'utf8')).trim().split('\n');
  const labels = lines.map((line): number => JSON.parse(line).label);
  const right = values.filter(([first = 0, second = 0], row) => labels[row] === +(second > first));
  return right.length / labels.length;
}

test('localizing with data from the command line scores base, fine-tuned, graft and merged', async () => {
  const info = test.info();
  const models = info.outputPath('models');
  await writePico(models, ['first', 'second']);
  const recipe = info.outputPath('recipe.yml');
  const lines = (await readFile(join(models, 'second/train.jsonl'), 'utf8')).trim().split('\n');
  await mkdir(join(models, 'second/data'));
  for (const at of [0, 1])
    await writeFile(
      join(models, `second/data/train-0000${at}-of-00002.jsonl`),
      lines.slice(20 * at, 20 * at + 20).join('\n'),
    );
  const data = (task: string, train: string) =>
    `{train: ${task}/${train}, test: ${task}/test.jsonl, template: "{text} It was{mask} .", label_words: [" the", " was"]}`;
  await writeFile(
    recipe,
    `merge_method: localize_and_stitch
base_model: base
models:
  - model: first
    parameters: {density: 0.05}
    data: ${data('first', 'train.jsonl')}
  - model: second
    data: ${data('second', 'train')}
localize: {preset: scaled, budget: exact, shots: 8, seed: 0, epochs: 2, batch_size: 8}
evaluate: [accuracy, f1]
scope: blocks
out_dtype: float32
`,
  );
  const out = info.outputPath('merged');
  const told = info.outputPath('predictions.json');
  const ended = await headless(recipe, '--models', models, '--out', out, '--predictions', told);
  expect(ended.code, ended.stderr).toBe(0);
  const report = JSON.parse(ended.stdout.trim().split('\n').at(-1) ?? '');
  expect(report.scores).toHaveLength(16);
  const predictions: Predicted[] = JSON.parse(await readFile(told, 'utf8'));
  expect(predictions).toMatchObject([
    { task: 'first', model: 'merged', outputs: 'logits', labels: ['0', '1'], shape: [30, 2] },
    { task: 'second', model: 'merged', outputs: 'logits', labels: ['0', '1'], shape: [30, 2] },
  ]);
  for (const { task, values } of predictions)
    expect(await accuracyOf(values, join(models, task, 'test.jsonl'))).toBeCloseTo(
      report.scores.find(
        (each: { model: string; task: string; metric: string }) =>
          each.model === 'merged' && each.task === task && each.metric === 'accuracy',
      ).value,
    );
  expect(report.scores[0]).toEqual({
    ...{ model: 'base', task: 'first', metric: 'accuracy' },
    ...{ value: expect.any(Number), n: 30 },
  });
  expect(report.localized).toMatchObject([
    { model: 'first', preset: 'scaled', reused: false, steps: 4 },
    { model: 'second', preset: 'scaled', reused: false, steps: 4 },
  ]);
  expect(Object.keys(await readTensors(join(out, 'model.safetensors')))).toContain('lm_head.bias');
});

test('ways to merge are printed as tables, and what fails is told', async () => {
  const info = test.info();
  const models = info.outputPath('models');
  await writePico(models, ['first', 'second']);
  const recipe = info.outputPath('recipe.yml');
  const read = 'template: "{text} It was{mask} .", label_words: [" the", " was"]';
  await writeFile(
    recipe,
    `merge_method: linear
base_model: base
models:
  - {model: first, data: {test: first/test.jsonl, ${read}}}
  - model: second
evaluate: [accuracy]
general: [{name: third, data: {test: second/test.jsonl, ${read}}}]
compare:
  - {name: Averaged, paper: {first: 50}}
  - {name: The first alone, models: [first]}
  - {name: Wrong, merge_method: nearswap}
tables: [scores, general]
`,
  );
  const out = info.outputPath('out');
  const ended = await headless(recipe, '--models', models, '--out', out);
  expect(ended.code, ended.stderr).toBe(0);
  const lines = ended.stdout.trim().split('\n');
  const { sweep } = JSON.parse(lines.at(-1) ?? '');
  expect(sweep.map(({ name }: { name: string }) => name)).toEqual([
    ...['Averaged', 'The first alone', 'Wrong'],
  ]);
  const tables = await readFile(join(out, 'tables.md'), 'utf8');
  expect(ended.stdout.startsWith(tables)).toBe(true);
  const percent = (value: number) => `${(100 * value).toFixed(1)}\u00a0%`;
  const [averaged, alone, wrong] = sweep;
  const cell = (of: typeof averaged, list: 'scores' | 'general', model: string) =>
    percent(of[list].find((score: { model: string }) => score.model === model).value);
  // One model alone is itself.
  expect(cell(alone, 'scores', 'merged')).toBe(cell(alone, 'scores', 'finetuned'));
  const rows = tables.split('\n').map((line) => line.split('|').map((each) => each.trim()));
  const rowOf = (name: string, nth = 0) => rows.filter((row) => row[1] === name)[nth]?.[2];
  expect(rowOf('Averaged')).toBe(cell(averaged, 'scores', 'merged'));
  expect(rowOf('in the paper')).toBe(percent(0.5));
  expect(rowOf('Averaged', 1)).toBe(cell(averaged, 'general', 'merged'));
  expect(rowOf('Base', 1)).toBe(cell(averaged, 'general', 'base'));
  expect(wrong.error).toMatch(/takes exactly 1 model, not 2/);
  expect(tables).toContain(`- Wrong: ${wrong.error}`);
});
