import { beforeAll, expect, test } from 'vitest';
import type { Recipe } from '../recipe/recipe.ts';
import { read, readAll, write } from '../storage/db.ts';
import { keysUnder } from '../storage/keys.ts';
import type { StoredMask } from '../storage/masks.ts';
import { putScores, type StoredScore } from '../storage/scores.ts';
import { emptyStore } from '../test/store.ts';
import { engine } from '../engine/client.ts';
import { goldenTexts } from '../test/dataGoldens.ts';
import { picoData, picoFolder } from '../test/picoSuite.ts';
import type { RunResult } from '../api/results.ts';
import type { Progress } from '../api/progress.ts';

const tokenizer = goldenTexts['./goldens/roberta/tokenizer.json']!;
const tasks = ['first', 'second', 'third'];

beforeAll(async () => {
  await emptyStore();
  const folders = ['base', ...tasks].flatMap((name, seed) => picoFolder(name, seed, tokenizer));
  const { candidates, problems } = await engine.inspect(folders);
  expect(problems).toEqual([]);
  for (const { key } of candidates) await engine.ingest('job', key, () => undefined);
  for (const [i, name] of tasks.entries()) {
    await engine.addData(`${name}/train.jsonl`, picoData('train.jsonl', 40, 10 + i));
    await engine.addData(`${name}/test.jsonl`, picoData('test.jsonl', 30, 20 + i));
  }
});

const recipeOf = (models: readonly string[], changes: Partial<Recipe> = {}): Recipe => ({
  merge_method: 'localize_and_stitch',
  base_model: 'base',
  models: models.map((model) => ({
    model,
    data: {
      train: `${model}/train.jsonl`,
      test: `${model}/test.jsonl`,
      template: '{text} It was{mask} .',
      label_words: [' the', ' was'],
    },
  })),
  parameters: { density: 0.05 },
  localize: { preset: 'scaled', budget: 'exact', shots: 8, seed: 0, epochs: 2, batch_size: 8 },
  evaluate: ['accuracy'],
  dtype: 'float32',
  out_dtype: 'float32',
  ...changes,
});

test('localizes, stitches and evaluates; a task added later is the only one localized', async () => {
  const seen: Progress[] = [];
  const two = await engine.run('job', recipeOf(['first', 'second']), (each) => seen.push(each));
  const stages = [...new Set(seen.map(({ stage }) => stage))];
  expect(stages.slice(0, 2)).toEqual(['Localizing first', 'Localizing second']);
  expect(stages).toContain('Evaluating');
  const live = seen.find((each) => each.live)?.live;
  expect(live).toMatchObject({ models: ['first'], epochs: 2, paused: false });
  expect(live?.histogram).toHaveLength(20);
  expect(two.localized.map(({ model, reused }) => ({ model, reused }))).toEqual([
    { model: 'first', reused: false },
    { model: 'second', reused: false },
  ]);
  expect(two.localized[0]?.steps).toBe(4);
  expect(two.localized[0]?.losses).toHaveLength(4);
  const k = Math.floor(0.05 * two.parameters.scope);
  expect(two.intersections[0]).toBe(k);
  expect(two.intersections[3]).toBe(k);
  expect(two.cosines).toHaveLength(4);
  expect(two.scores.map(({ model, task }) => `${model} ${task}`)).toEqual(
    ['first', 'second'].flatMap((task) =>
      ['base', 'finetuned', 'graft', 'merged'].map((model) => `${model} ${task}`),
    ),
  );
  for (const { value, n } of two.scores) {
    expect(n).toBe(30);
    expect(value * 30).toBeCloseTo(Math.round(value * 30), 9);
  }

  const three = await engine.run('job', recipeOf(tasks), () => undefined);
  expect(three.localized.map(({ reused }) => reused)).toEqual([true, true, false]);
  expect(three.localized.slice(0, 2).map(({ mask }) => mask)).toEqual(
    two.localized.map(({ mask }) => mask),
  );
  const base = (result: typeof two) => result.scores.filter(({ model }) => model === 'base');
  expect(base(three).slice(0, 2)).toEqual(base(two));
});

test('scores are taken over but those of the merge, unless what they depend on changed', async () => {
  const scored = await readAll<StoredScore>(keysUnder('score'));
  expect(scored).toHaveLength(9);
  // A value that no run can measure tells those taken over.
  await putScores(scored.map((score) => ({ ...score, value: 2 })));
  const taken = async (changes: Partial<Recipe> = {}) => {
    const { scores } = await engine.run('job', recipeOf(['first'], changes), () => undefined);
    return scores.map(({ model, value }) => `${model} ${value === 2 ? 'kept' : 'new'}`);
  };
  expect(await taken()).toEqual(['base kept', 'finetuned kept', 'graft kept', 'merged new']);
  const parameters = { density: 0.1 };
  const denser = ['base kept', 'finetuned kept', 'graft new', 'merged new'];
  expect(await taken({ parameters })).toEqual(denser);
  await engine.addData('first/test.jsonl', picoData('test.jsonl', 30, 99));
  expect(await taken()).toEqual(['base new', 'finetuned new', 'graft new', 'merged new']);
  await putScores(scored);
});

test('a stopped run tells which of its data were replaced or deleted since', async () => {
  const [train, test] = ['lost/train.jsonl', 'lost/test.jsonl'];
  await engine.addData(train, picoData('train.jsonl', 40, 50));
  await engine.addData(test, picoData('test.jsonl', 30, 51));
  const localize = { ...recipeOf([]).localize!, seed: 41, epochs: 200 };
  const [first] = recipeOf(['first'], { localize }).models;
  const recipe = recipeOf([], {
    localize,
    models: [{ ...first!, data: { ...first!.data, train, test } }],
  });
  const stopped = engine.run('stopped', recipe, () => void engine.cancel('stopped'));
  await expect(stopped).rejects.toThrow(/cancel/i);
  const lost = async () =>
    (await engine.runs()).find(({ state }) => state === 'stopped')?.lostData.toSorted();
  expect(await lost()).toEqual([]);
  await engine.addData(train, picoData('train.jsonl', 40, 52));
  expect(await lost()).toEqual([train]);
  await engine.removeData(test);
  expect(await lost()).toEqual([test, train]);
  await engine.addData(train, picoData('train.jsonl', 40, 50));
  await engine.addData(test, picoData('test.jsonl', 30, 51));
  expect(await lost()).toEqual([]);
});

test('data that are replaced while a run uses them change nothing of it', async () => {
  const localize = { ...recipeOf([]).localize!, seed: 31, epochs: 30 };
  const recipe = recipeOf(['first', 'second'], { localize });
  const bitsOf = async ({ localized }: RunResult) =>
    Promise.all(
      localized.map(async ({ mask }) => {
        const stored = await read<StoredMask>(['mask', mask]);
        return new Uint32Array(await stored!.words.arrayBuffer()).join();
      }),
    );
  const before = await engine.run('job', recipe, () => undefined);
  const bits = await bitsOf(before);
  await write({ remove: [keysUnder('mask'), keysUnder('score'), ['run', before.id]] });

  const others = ['train', 'test'].map((part) => `second/${part}.jsonl`);
  let replacing: Promise<unknown> | null = null;
  const result = await engine.run('job', recipe, ({ stage }) => {
    if (stage !== 'Localizing first') return;
    replacing ??= Promise.all(others.map((name) => engine.addData(name, picoData(name, 44, 77))));
  });
  expect(replacing).not.toBeNull();
  const ids = (await engine.data()).filter(({ name }) => others.includes(name)).map(({ id }) => id);
  expect(new Set(ids).size).toBe(1);
  expect(result.scores).toEqual(before.scores);
  expect(await bitsOf(result)).toEqual(bits);

  const asked = (task: number) =>
    engine.predictions('job', result.id, { task, model: 'merged' }, () => undefined);
  expect((await asked(0)).shape).toEqual([30, 2]);
  await expect(asked(1)).rejects.toThrow(
    /“second.(train|test).jsonl” were replaced since this merge/,
  );
  await engine.addData('second/train.jsonl', picoData('train.jsonl', 40, 11));
  await engine.addData('second/test.jsonl', picoData('test.jsonl', 30, 21));
  expect((await asked(1)).shape).toEqual([30, 2]);
});

test('a density of all makes graft and merged one with the fine-tuned model', async () => {
  const recipe = recipeOf(['third'], { parameters: { density: 1 }, scope: 'all' });
  const { scores, parameters } = await engine.run('job', recipe, () => undefined);
  expect(parameters.scope).toBe(parameters.total);
  const [, tuned, graft, merged] = scores.map(({ value }) => value);
  expect([graft, merged]).toEqual([tuned, tuned]);
});

test('joint finds all masks together, and keeps those that are given', async () => {
  const localize = { ...recipeOf([]).localize!, preset: 'joint' };
  const recipe = recipeOf(['first', 'second'], { localize });
  const two = await engine.run('job', recipe, () => undefined);
  expect(two.localized.map(({ preset }) => preset)).toEqual(['joint', 'joint']);
  expect(new Set(two.localized.map(({ mask }) => mask)).size).toBe(2);
  const models = recipeOf(tasks).models.map((model, m) => {
    const mask = two.localized[m]?.mask;
    return mask ? { ...model, mask } : model;
  });
  const three = await engine.run('job', recipeOf(tasks, { localize, models }), () => undefined);
  expect(three.localized.map(({ reused }) => reused)).toEqual([true, true, false]);
  expect(three.localized.slice(0, 2).map(({ mask }) => mask)).toEqual(
    two.localized.map(({ mask }) => mask),
  );
});

test('pauses, goes on and cancels', async () => {
  const localize = { ...recipeOf([]).localize!, seed: 7, epochs: 200 };
  const recipe = recipeOf(['first'], { localize });
  let paused = 0;
  let steps = 0;
  const running = engine.run('held', recipe, ({ live }) => {
    if (!live) return;
    steps = live.step;
    if (live.paused) paused++;
    else if (live.step >= 3 && paused === 0) void engine.pause('held', true);
  });
  running.catch(() => undefined);
  await expect.poll(() => paused, { timeout: 20_000 }).toBeGreaterThan(0);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const held = steps;
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(steps).toBe(held);
  await engine.pause('held', false);
  await expect.poll(() => steps, { timeout: 20_000 }).toBeGreaterThan(held);
  await engine.cancel('held');
  await expect(running).rejects.toMatchObject({ kind: 'Cancelled' });
});

test('checks data before a run', async () => {
  const [base, model] = (await engine.library()).map(({ id }) => id);
  const { data } = recipeOf(['first']).models[0]!;
  const found = await engine.checkData(base!, model!, data!);
  expect(found.problem).toContain('The class "0" has 20 examples, fewer than the 64 asked for');
  const few = { ...recipeOf([]).localize!, shots: 8 };
  expect(await engine.checkData(base!, model!, data!, few)).toMatchObject({
    problem: null,
    summary: '2 classes · prompt “{text} It was{mask} .” · 40 training and 30 test examples',
    counts: [
      { label: '0', examples: 20 },
      { label: '1', examples: 20 },
    ],
    example: expect.stringContaining('It was<mask> .</s>'),
  });
  const wrong = async (changes: object) =>
    (await engine.checkData(base!, model!, { ...data!, ...changes }, few)).problem;
  expect(await wrong({ label_words: [' unbelievable', ' was'] })).toMatch(/must be exactly one/);
  expect(await wrong({ columns: { text: 'review' } })).toMatch(/no column "review"/);
  expect(await wrong({ labels: ['x', 'y', 'z'] })).toMatch(/2 label words for 3 classes/);
  expect(await wrong({ train: 'gone.csv' })).toMatch(/no data named “gone.csv”/);
  expect(await wrong({ template: undefined, label_words: undefined })).toMatch(/classifier|head/);
  const preview = await engine.previewData('first/train.jsonl');
  expect(preview).toMatchObject({
    columns: ['text', 'label'],
    guess: { columns: { text: 'text', label: 'label' } },
    labels: ['0', '1'],
  });
  expect(preview.rows).toHaveLength(20);
});
