import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { picoData, picoFolder } from '../src/test/picoSuite.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const goldens = join(root, 'src/merge/goldens');

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

function headless(...args: string[]): Promise<Ended> {
  const child = spawn('node', ['scripts/headless.js', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => (stdout += data));
  child.stderr.on('data', (data) => (stderr += data));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** Dtype, shape and bytes (as hex) of every tensor of a small safetensors file. */
async function readTensors(path: string): Promise<Record<string, unknown>> {
  const bytes = await readFile(path);
  const start = 8 + Number(bytes.readBigUInt64LE());
  const header: Record<string, Entry> = JSON.parse(bytes.toString('utf8', 8, start));
  const tensors = Object.entries(header).filter(([name]) => name !== '__metadata__');
  return Object.fromEntries(
    tensors.map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => [name, { dtype, shape, hex: bytes.toString('hex', start + from, start + to) }],
    ),
  );
}

interface Case {
  set: string;
  case: string;
  recipe: { merge_method: string; models: { model: string }[] };
  stats: { parameters: object; kept: number[] };
}

async function goldenCase(set: string, name: string): Promise<Case> {
  const cases: Case[] = JSON.parse(await readFile(join(goldens, 'cases.json'), 'utf8'));
  const found = cases.find((each) => each.set === set && each.case === name);
  if (!found) throw new Error(`There is no golden ${set} ${name}.`);
  return found;
}

const merges = [
  ['mixed', 'localize_and_stitch-mixed.float16'],
  ['equal-steps', 'linear-weighted.base'],
  ['equal-steps', 'task_arithmetic-weighted.base'],
  ['equal-steps', 'ties-weighted.base'],
] as const;

for (const [set, name] of merges)
  test(`merging ${name} from the command line gives the bytes and counts of the reference`, async () => {
    const info = test.info();
    const golden = await goldenCase(set, name);
    const recipe = info.outputPath('recipe.yml');
    const out = info.outputPath('merged');
    await mkdir(info.outputDir, { recursive: true });
    await writeFile(recipe, JSON.stringify(golden.recipe));
    const ended = await headless(recipe, '--models', join(goldens, golden.set), '--out', out);
    expect(ended.code, ended.stderr).toBe(0);

    const report = JSON.parse(ended.stdout.trim().split('\n').at(-1) ?? '');
    expect(report).toMatchObject({
      method: golden.recipe.merge_method,
      parameters: golden.stats.parameters,
      seconds: { ingest: expect.any(Number), merge: expect.any(Number), save: expect.any(Number) },
      adapter: expect.any(String),
    });
    expect(report.peakMemoryBytes).toBeGreaterThan(10e6);
    expect(Object.keys(report.density)).toEqual(golden.recipe.models.map(({ model }) => model));
    expect(report.outputs).toContain(join(out, 'model.safetensors'));
    expect((await readdir(out)).map((name) => join(out, name)).sort()).toEqual(
      [...report.outputs].sort(),
    );
    expect(await readTensors(join(out, 'model.safetensors'))).toEqual(
      await readTensors(join(goldens, golden.set, `${golden.case}.safetensors`)),
    );
  });

test('a sweep from the command line gives the counts of each of its recipes', async () => {
  const info = test.info();
  const [ties, arithmetic] = await Promise.all(
    ['ties.base', 'task_arithmetic.base'].map((name) => goldenCase('f32', name)),
  );
  const methods = ['ties', 'task_arithmetic', 'slerp'];
  const recipe = info.outputPath('recipe.yml');
  const out = info.outputPath('swept');
  await mkdir(info.outputDir, { recursive: true });
  await writeFile(recipe, JSON.stringify({ ...ties!.recipe, sweep: { merge_method: methods } }));
  const ended = await headless(recipe, '--models', join(goldens, 'f32'), '--out', out);
  expect(ended.code, ended.stderr).toBe(0);
  const { sweep } = JSON.parse(await readFile(join(out, 'sweep.json'), 'utf8'));
  expect(sweep).toMatchObject([
    { values: { merge_method: 'ties' }, parameters: ties!.stats.parameters },
    { values: { merge_method: 'task_arithmetic' }, parameters: arithmetic!.stats.parameters },
    { values: { merge_method: 'slerp' }, error: expect.stringContaining('exactly 2 models') },
  ]);
  expect(await readdir(out)).toEqual(['sweep.json']);
});

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

test('predictions need test data of every task', async () => {
  const info = test.info();
  const recipe = info.outputPath('recipe.yml');
  await mkdir(info.outputDir, { recursive: true });
  await writeFile(recipe, 'merge_method: ties\nbase_model: base\nmodels: [{model: a}]\n');
  const told = info.outputPath('predictions.json');
  const ended = await headless(
    ...[recipe, '--models', join(goldens, 'f32'), '--out', info.outputPath('merged')],
    ...['--predictions', told],
  );
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain('--predictions needs test data, and "a" has none');
});

test('localizing with data from the command line scores base, fine-tuned, graft and merged', async () => {
  const info = test.info();
  const models = info.outputPath('models');
  await writePico(models, ['first', 'second']);
  const recipe = info.outputPath('recipe.yml');
  const data = (task: string) =>
    `{train: ${task}/train.jsonl, test: ${task}/test.jsonl, template: "{text} It was{mask} .", label_words: [" the", " was"]}`;
  await writeFile(
    recipe,
    `merge_method: localize_and_stitch
base_model: base
models:
  - model: first
    parameters: {density: 0.05}
    data: ${data('first')}
  - model: second
    data: ${data('second')}
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

test('data that are not there are named', async () => {
  const info = test.info();
  const recipe = info.outputPath('recipe.yml');
  await mkdir(info.outputDir, { recursive: true });
  const models = join(goldens, 'f32');
  const merge = (path: string) =>
    writeFile(
      recipe,
      `merge_method: localize_and_stitch\nbase_model: base\nmodels: [{model: a, data: {train: ${path}}}]\n`,
    );
  await merge('gone.jsonl');
  const gone = await headless(recipe, '--models', models, '--out', info.outputPath('merged'));
  expect(gone.code).toBe(1);
  expect(gone.stderr).toContain(
    `There is neither a file nor a folder ${join(models, 'gone.jsonl')}.`,
  );
  await merge('../cases.json');
  const outside = await headless(recipe, '--models', models, '--out', info.outputPath('merged'));
  expect(outside.stderr).toContain('is no path below');
});

test('--help prints the usage, and a call that does not fit one line and the usage', async () => {
  const help = await headless('--help');
  expect(help).toMatchObject({ code: 0, stderr: '' });
  expect(help.stdout).toMatch(/^npm run headless -- recipe\.yml --models DIR --out DIR/);
  for (const [args, line] of [
    [['--model', 'x'], "Unknown option '--model'."],
    [['recipe.yml', '--models', 'x'], '--out is missing.'],
    [['--inspect'], 'No path is given.'],
  ] as const)
    expect(await headless(...args)).toEqual({
      code: 1,
      stdout: '',
      stderr: `${line}\n\n${help.stdout}`,
    });
});
