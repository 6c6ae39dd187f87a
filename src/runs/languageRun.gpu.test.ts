import { beforeAll, expect, test } from 'vitest';
import { engine } from '../engine/client.ts';
import type { Recipe, TaskData } from '../recipe/recipe.ts';
import { goldenTexts } from '../test/dataGoldens.ts';
import { picoFolder, picoLlama } from '../test/picoSuite.ts';
import { emptyStore } from '../test/store.ts';

const addText = (name: string, text: string) =>
  engine.addData(name, [{ path: name, file: new File([text], name) }]);

beforeAll(async () => {
  await emptyStore();
  const tokenizer = goldenTexts['./goldens/llama2/tokenizer.json']!;
  const folders = ['base', 'first', 'second'].flatMap((name, seed) =>
    picoFolder(name, seed, tokenizer, picoLlama),
  );
  const { candidates, problems } = await engine.inspect(folders);
  expect(problems).toEqual([]);
  for (const { key } of candidates) await engine.ingest('job', key, () => undefined);
  await addText('prose.txt', 'It was a photo of the cat and they told you again. '.repeat(60));
  const questions = Array.from({ length: 12 }, (_, i) => ({
    ...{ text: `It was ${'very '.repeat(i % 4)}`, choices: [' great', ' not so good', ' bad'] },
    answer: i % 3,
  }));
  await addText('questions.jsonl', questions.map((each) => JSON.stringify(each)).join('\n'));
});

const recipeOf = (data: TaskData, changes: Partial<Recipe> = {}): Recipe => ({
  merge_method: 'localize_and_stitch',
  base_model: 'base',
  models: ['first', 'second'].map((model) => ({ model, data })),
  parameters: { density: 0.05 },
  localize: { preset: 'scaled', budget: 'exact', shots: 8, seed: 0, epochs: 2, batch_size: 4 },
  evaluate: ['perplexity'],
  dtype: 'float32',
  out_dtype: 'float32',
  ...changes,
});

const prose: TaskData = { train: 'prose.txt', test: 'prose.txt', kind: 'next_token' };

test.each(['scaled', 'hard'])('finds the masks of Llamas by %s on plain text', async (preset) => {
  const localize = { ...recipeOf(prose).localize!, preset };
  const { localized, parameters, intersections, scores } = await engine.run(
    'job',
    recipeOf(prose, { localize }),
    () => undefined,
  );
  const held = Math.floor(0.05 * parameters.scope);
  expect([intersections[0], intersections[3]]).toEqual([held, held]);
  expect(intersections[1]).toBeLessThan(held);
  const losses = localized.flatMap((each) => each.losses);
  expect(losses).toHaveLength(8);
  for (const loss of losses) expect(Math.abs(loss - Math.log(800))).toBeLessThan(1.5);
  expect(scores.map(({ model, metric }) => `${model} ${metric}`)).toEqual(
    [0, 1].flatMap(() =>
      ['base', 'finetuned', 'graft', 'merged'].map((each) => `${each} perplexity`),
    ),
  );
  for (const { value } of scores) expect(Math.abs(Math.log(value / 800))).toBeLessThan(1.5);
  expect(new Set(scores.map(({ value }) => value)).size).toBeGreaterThan(5);
});

test('finds the masks of Llamas on questions with choices', async () => {
  const data: TaskData = { train: 'questions.jsonl', test: 'questions.jsonl', kind: 'choices' };
  const recipe = recipeOf(data, { evaluate: ['mc2'], parameters: { density: 1 }, scope: 'all' });
  const { localized, scores } = await engine.run('job', recipe, () => undefined);
  expect(localized.map(({ losses }) => losses.every(Number.isFinite))).toEqual([true, true]);
  const told = (model: string) =>
    scores.filter((each) => each.model === model).map(({ value }) => value);
  expect(told('graft')).toEqual(told('finetuned'));
  expect(told('finetuned')).toHaveLength(2);
  for (const value of told('finetuned')) expect(value > 0 && value < 1).toBe(true);
});

test.each(['fisher', 'regmean', 'adamerging'])(
  'merges Llamas by %s on plain text',
  async (method) => {
    const { localize: _, ...recipe } = recipeOf(prose, { scope: 'blocks', parameters: {} });
    const { scores } = await engine.run(
      'job',
      {
        ...recipe,
        merge_method: method,
        ...(method === 'adamerging' && { parameters: { steps: 2 } }),
      },
      () => undefined,
    );
    const told = (which: string) =>
      scores.filter(({ model }) => model === which).map(({ value }) => value);
    const [merged, again] = told('merged');
    expect(again).toBe(merged);
    expect(Math.abs(Math.log(merged! / 800))).toBeLessThan(1.5);
    expect([...told('base'), ...told('finetuned')].includes(merged!)).toBe(false);
  },
);
