import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { expectMerge, goldenCase, goldens, headless } from '../support/headless.ts';

for (const name of ['linear-weighted.base', 'task_arithmetic-weighted.base', 'ties-weighted.base'])
  test(`merging ${name} from the command line gives the bytes and counts of the reference`, () =>
    expectMerge('equal-steps', name));

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
