import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { goldenCase, goldens, headless, readTensors } from './support/headless.ts';
import { safetensors } from './support/safetensors.ts';

const golden = (name: string) => join(goldens, 'f32', `${name}.safetensors`);

/** Runs a recipe from the command line on the folder "models" of this test; what it reported. */
async function run(recipe: string) {
  const info = test.info();
  const path = info.outputPath('recipe.yml');
  await writeFile(path, recipe);
  const [models, out] = [info.outputPath('models'), info.outputPath('merged')];
  const ended = await headless(path, '--models', models, '--out', out);
  const report = ended.code === 0 ? JSON.parse(ended.stdout.trim().split('\n').at(-1) ?? '') : null;
  return { ...ended, report, merged: join(out, 'model.safetensors') };
}

test('the command finds models by names on the Hub, paths, links, folders of any file, and other endings', async () => {
  const models = test.info().outputPath('models');
  const elsewhere = test.info().outputPath('elsewhere');
  await mkdir(join(models, 'gpt2'), { recursive: true });
  await mkdir(elsewhere);
  await copyFile(golden('base'), join(models, 'gpt2/any-name.safetensors'));
  await symlink(golden('a'), join(elsewhere, 'adapter_model.safetensors'));
  await symlink(elsewhere, join(models, 'tuned'));
  await copyFile(golden('b'), join(models, 'other.pt'));
  await copyFile(golden('c'), join(models, 'c.safetensors'));
  const names: Record<string, string> = {
    ...{ base: 'org/gpt2', a: 'me\\tuned', b: './other', c: 'C:\\models\\c' },
  };
  const { recipe } = await goldenCase('f32', 'task_arithmetic.base');
  const renamed = JSON.stringify(recipe, (key, value) =>
    key === 'model' || key === 'base_model' ? (names[value] ?? value) : value,
  );
  const ended = await run(renamed);
  expect(ended.code, ended.stderr).toBe(0);
  expect(await readTensors(ended.merged)).toEqual(
    await readTensors(golden('task_arithmetic.base')),
  );
});

test('two names that end alike, and a folder of other models, are refused', async () => {
  const models = test.info().outputPath('models');
  for (const folder of ['x/one', 'y/one', 'several']) {
    await mkdir(join(models, folder), { recursive: true });
    await copyFile(golden('a'), join(models, folder, 'first.safetensors'));
  }
  await copyFile(golden('b'), join(models, 'several/second.safetensors'));
  const recipe = (base: string, model: string) =>
    `merge_method: linear\nbase_model: ${base}\nmodels: [{model: ${model}}]\n`;
  expect((await run(recipe('x/one', 'y/one'))).stderr).toContain(
    '"x/one" and "y/one" end alike. Give one another name',
  );
  expect((await run(recipe('several', 'x/one'))).stderr).toContain(
    'holds no checkpoint named "several", but first, second.',
  );
  expect((await run(recipe('absent', 'x/one'))).stderr).toContain('There is neither a folder');
});

test('one content under two names is one checkpoint that goes by both', async () => {
  const models = test.info().outputPath('models');
  for (const name of ['base', 'one', 'two']) {
    await mkdir(join(models, name), { recursive: true });
    const values = name === 'base' ? [0, 0] : [1, 4];
    await writeFile(join(models, name, 'model.safetensors'), safetensors({ weight: values }));
  }
  const recipe = `merge_method: linear
base_model: base
models: [{model: one}, {model: two}]
scope: all
`;
  const ended = await run(recipe);
  expect(ended.code, ended.stderr).toBe(0);
  expect(ended.report.density).toHaveProperty('two');
  const { weight } = await readTensors(ended.merged);
  const bytes = Buffer.alloc(8);
  bytes.writeFloatLE(1);
  bytes.writeFloatLE(4, 4);
  expect(weight).toMatchObject({ hex: bytes.toString('hex') });
});

test('inspecting prints notes and remarks, also on what lies in one folder', async () => {
  const models = test.info().outputPath('models');
  const write = async (path: string, tensors: Record<string, number[]>) => {
    await mkdir(join(models, path, '..'), { recursive: true });
    await writeFile(join(models, path), safetensors(tensors));
  };
  await write('base/model.safetensors', { a: [0, 0, 0], b: [0] });
  await write('base/model.fp16.safetensors', { a: [0, 0, 0], b: [0] });
  await write('tuned/model.safetensors', { a: [1, 1, 1] });
  const ended = await headless('--inspect', models);
  expect(ended.code, ended.stderr).toBe(0);
  const [{ checkpoints, fit }] = JSON.parse(ended.stdout).files;
  expect(checkpoints[0].notes[0]).toContain('Left out as copies of it: model.fp16.safetensors');
  expect(fit).toMatchObject({
    base: 'base',
    remarks: [{ kind: 'missing', text: 'tuned: 1 tensor missing there stays as in the base: b.' }],
  });
});
