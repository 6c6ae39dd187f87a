import { beforeEach, expect, test } from 'vitest';
import imagesUrl from '../data/goldens/tables/images.parquet?url';
import rowsUrl from '../data/goldens/tables/gzip.parquet?url';
import { goldenTexts } from '../test/dataGoldens.ts';
import type { Recipe, TaskData } from '../recipe/recipe.ts';
import { getCheckpoint } from '../storage/checkpoints.ts';
import { emptyStore } from '../test/store.ts';
import { engine } from '../engine/client.ts';
import {
  picoClip,
  picoData,
  picoFolder,
  picoGpt2,
  picoLlama,
  picoRoberta,
  type PicoModel,
} from '../test/picoSuite.ts';
import { loadTensors } from '../jobs/openTensors.ts';
import { openTaskModel } from './taskModel.ts';
import { classEmbeddings } from './zeroShot.ts';

beforeEach(emptyStore);

async function addModels(
  model: PicoModel,
  tokenizer: string,
  fill: Record<string, number> = {},
): Promise<void> {
  const text = goldenTexts[`./goldens/${tokenizer}/tokenizer.json`]!;
  const folders = ['base', 'tuned'].flatMap((name, seed) =>
    picoFolder(name, seed, text, model, fill),
  );
  const { candidates } = await engine.inspect(folders);
  for (const { key } of candidates) await engine.ingest('job', key, () => undefined);
  // Hashing goes on behind: what ends after a test would lie in the store of the next.
  const hashing = async () => (await engine.library()).some((each) => each.hashing);
  await expect.poll(hashing).toBe(false);
}

const addText = (name: string, text: string) =>
  engine.addData(name, [{ path: name, file: new File([text], name) }]);

/** Runs one task at density 1 over all tensors, so that graft and merged are the fine-tuned model. */
async function scoresOf(data: TaskData, changes: Partial<Recipe> = {}) {
  const { scores, localized, remarks } = await engine.run(
    'job',
    {
      merge_method: 'localize_and_stitch',
      base_model: 'base',
      models: [{ model: 'tuned', data }],
      parameters: { density: 1 },
      localize: { preset: 'scaled', budget: 'exact', shots: 4, seed: 0, epochs: 1, batch_size: 4 },
      evaluate: ['accuracy'],
      scope: 'all',
      dtype: 'float32',
      out_dtype: 'float32',
      ...changes,
    },
    () => undefined,
  );
  const first = scores.filter(({ metric }) => metric === scores[0]?.metric);
  const [base, tuned, graft, merged] = first.map(({ value }) => value);
  expect([graft, merged]).toEqual([tuned, tuned]);
  return { scores, localized, remarks, base: base!, tuned: tuned! };
}

const prose = 'It was a photo of the cat and they told you again that there was some art. '.repeat(
  40,
);

const decoders = [
  ['GPT-2', picoGpt2, 'gpt2', 'wte.weight'],
  ['Llama', picoLlama, 'llama2', 'lm_head.weight'],
] as const;

test.each(decoders)(
  'plain text is told by perplexity, which is the vocabulary of a %s that knows nothing',
  async (_, model, tokenizer, head) => {
    await addModels(model, tokenizer, { [head]: 0 });
    await addText('train.txt', prose);
    await addText('test.txt', prose.slice(0, 900));
    const data: TaskData = { train: 'train.txt', test: 'test.txt', kind: 'next_token' };
    const { scores, base, tuned } = await scoresOf(data);
    expect(scores.map(({ metric }) => metric)).toEqual(Array(4).fill('perplexity'));
    expect(base).toBeCloseTo(800, 1);
    expect(tuned).toBeCloseTo(800, 1);
  },
);

test.each(decoders)(
  'choices of equal length are equally likely to a %s that knows nothing',
  async (_, model, tokenizer, head) => {
    await addModels(model, tokenizer, { [head]: 0 });
    const lines = [
      { text: 'It was', choices: [' the', ' and', ' was'], answers: [1, 2] },
      { text: 'They', choices: [' the', ' and'], answers: [0] },
      { text: '', choices: [' the', ' and'], answers: [1] },
      { text: 'It', choices: [' the', ' and'], answers: [0] },
    ];
    await addText('mc.jsonl', lines.map((line) => JSON.stringify(line)).join('\n'));
    const data: TaskData = { train: 'mc.jsonl', test: 'mc.jsonl', kind: 'choices' };
    const { base, scores } = await scoresOf(data, { evaluate: ['mc2'] });
    expect(base).toBeCloseTo((2 / 3 + 3 / 2) / 4, 5);
    expect(scores[0]).toMatchObject({ metric: 'mc2', n: 4 });
  },
);

const asked = [
  { question: 'It was', answer: ' the cat again' },
  { question: 'They told you', answer: 'that there was some art' },
];
const lines = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).join('\n');

test('answers are told by the perplexity of their own tokens', async () => {
  await addModels(picoGpt2, 'gpt2', { 'wte.weight': 0 });
  await addText('qa.jsonl', lines(asked));
  const data: TaskData = { train: 'qa.jsonl', test: 'qa.jsonl', kind: 'answers' };
  const { base, scores } = await scoresOf(data, { evaluate: ['perplexity', 'exact'] });
  expect(base).toBeCloseTo(800, 1);
  expect(scores.slice(0, 2)).toMatchObject([
    { metric: 'perplexity', n: 2 },
    // Every word is as likely as any other: the first is no answer.
    { metric: 'exact', n: 2, value: 0 },
  ]);
});

test.each(['fisher', 'regmean', 'few_shot', 'adamerging', 'adamerging_supervised'])(
  '%s learns from answers',
  async (method) => {
    await addModels(picoGpt2, 'gpt2');
    await addText('qa.jsonl', lines(asked));
    const data: TaskData = { train: 'qa.jsonl', test: 'qa.jsonl', kind: 'answers' };
    const { scores } = await engine.run(
      'job',
      {
        ...{ merge_method: method, base_model: 'base', models: [{ model: 'tuned', data }] },
        ...(method.startsWith('adamerging') && { parameters: { steps: 2 } }),
        ...{ evaluate: ['perplexity'], scope: 'blocks', dtype: 'float32', out_dtype: 'float32' },
      },
      () => undefined,
    );
    const merged = scores.find(({ model }) => model === 'merged');
    expect(merged?.value).toBeGreaterThan(1);
    expect(merged?.value).toBeLessThan(1e6);
  },
);

test('a fine-tuned model’s own head tells its classes, in the order of id2label', async () => {
  const head = { 'classifier.dense.weight': [16, 16], 'classifier.dense.bias': [16] };
  const out = { 'classifier.out_proj.weight': [2, 16], 'classifier.out_proj.bias': [2] };
  await addModels(
    {
      shapes: { ...picoRoberta.shapes, ...head, ...out },
      config: { ...picoRoberta.config, id2label: { 1: 'good', 0: 'bad' } },
    },
    'roberta',
    { 'classifier.out_proj.weight': 0, 'classifier.out_proj.bias': 0 },
  );
  const rows = ['good', 'bad', 'good', 'good', 'bad', 'bad', 'good', 'bad', 'good', 'good'];
  const csv = ['text,label', ...rows.map((label) => `it was ${label},${label}`)].join('\n');
  await addText('own.csv', csv);
  const data: TaskData = { train: 'own.csv', test: 'own.csv' };
  const { base, tuned, remarks } = await scoresOf(data);
  // Of equal logits the first class is told: class 0 is "bad", 4 of 10.
  expect([base, tuned]).toEqual([0.4, 0.4]);
  expect(remarks.map(({ text }) => text)).toContainEqual(
    expect.stringMatching(
      /^tuned: The fine-tuned model is right on 4 of 8 training examples, where chance is 4 and the base has 4\. It answers “bad” each time\. Its columns may be others than in fine-tuning: it reads “/,
    ),
  );
});

test.each([
  ['GPT-2', picoGpt2, 'gpt2'],
  ['Llama', picoLlama, 'llama2'],
] as const)(
  'a %s tells classes by its own head, pairs of texts too',
  async (_, pico, tokenizer) => {
    await addModels(
      {
        shapes: { ...pico.shapes, 'score.weight': [2, 16] },
        config: { ...pico.config, id2label: { 1: 'good', 0: 'bad' } },
      },
      tokenizer,
      { 'score.weight': 0 },
    );
    const rows = ['good', 'bad', 'good', 'good', 'bad', 'good', 'bad', 'good', 'bad', 'good'];
    const csv = ['text,text_b,label', ...rows.map((label, i) => `it was ${i},again,${label}`)];
    await addText('own.csv', csv.join('\n'));
    const { base, tuned } = await scoresOf({ train: 'own.csv', test: 'own.csv' });
    // Of equal logits the first class is told: class 0 is "bad", 4 of 10.
    expect([base, tuned]).toEqual([0.4, 0.4]);
  },
);

async function picture(colour: string, name: string): Promise<File> {
  const canvas = new OffscreenCanvas(40, 36);
  const context = canvas.getContext('2d')!;
  context.fillStyle = colour;
  context.fillRect(0, 0, 40, 36);
  return new File([await canvas.convertToBlob({ type: 'image/png' })], name);
}

test('images are told by prompts through the text tower, and corrupt ones left out', async () => {
  await addModels(picoClip, 'clip', { logit_scale: Math.log(100) });
  const colours = ['red', 'blue'];
  const sources: { path: string; file: File }[] = [];
  for (const colour of colours)
    for (let i = 0; i < 5; i++)
      sources.push({ path: `set/${colour}/${i}.png`, file: await picture(colour, `${i}.png`) });
  sources.push({ path: 'set/red/x.png', file: new File(['no image'], 'x.png') });
  expect((await engine.addData('set', sources)).added).toMatchObject([
    { kind: 'images', files: 11 },
  ]);
  const data: TaskData = {
    train: 'set',
    test: 'set',
    prompts: ['a photo of a {label}.', '{label}'],
  };
  const { scores } = await scoresOf(data);
  expect(scores[0]).toMatchObject({ metric: 'accuracy', n: 10 });
  const ids = (await engine.library()).map(({ id }) => id);
  const localize = { preset: 'scaled', budget: 'exact', shots: 5, seed: 0 } as const;
  const check = await engine.checkData(ids[0]!, ids[1]!, data, localize);
  expect(check).toMatchObject({
    problem: null,
    summary: '2 classes · 2 prompts · 11 training and 10 test examples',
  });
  expect(check.notes.some((note) => /x\.png/.test(note))).toBe(true);
  const strictly = { ...data, on_corrupt: 'refuse' } as const;
  const strict = await engine.checkData(ids[0]!, ids[1]!, strictly, localize);
  expect(strict.problem).toMatch(/red\/x\.png is no image that can be decoded/);

  const junk = ['red/1.png', 'red/2.png', 'blue/3.png'].map((path) => ({
    ...{ path: `junk/${path}`, file: new File(['no image'], path) },
  }));
  await engine.addData('junk', junk);
  const why = / images cannot, e\.g\. junk\/\w+\/\d\.png is no image that can be decoded/;
  const shots = ['all', 1] as const;
  for (const each of shots)
    for (const use of ['train', 'test']) {
      const unread = { [use]: 'junk', prompts: ['a photo of a {label}.'] };
      const settings = { ...localize, shots: each };
      const { problem } = await engine.checkData(ids[0]!, ids[1]!, unread, settings);
      expect(problem).toMatch(/^Too few images can be read: \d of 3/);
      expect(problem).toMatch(why);
    }
});

const golden = async (path: string, url: string) => ({
  path,
  file: new File([await (await fetch(url)).blob()], path),
});

test('images of a Parquet column are told by prompts, classes as the file names them', async () => {
  await addModels(picoClip, 'clip', { logit_scale: Math.log(100) });
  const path = 'animals/train-00000-of-00002.parquet';
  const added = await engine.addData('animals/train', [await golden(path, imagesUrl)]);
  expect(added).toMatchObject({ added: [{ kind: 'images', files: 1 }] });
  const columns = { image: 'image', label: 'label' };
  expect(await engine.previewData('animals/train')).toMatchObject({
    columns: ['image', 'label'],
    labels: ['zebra', 'ant', 'owl'],
    guess: { columns },
  });
  const data: TaskData = {
    ...{ train: 'animals/train', test: 'animals/train', columns },
    prompts: ['a photo of a {label}.'],
  };
  const localize = { preset: 'scaled', budget: 'exact', shots: 3, seed: 0 } as const;
  const { scores } = await scoresOf(data, { localize: { ...localize, epochs: 1 } });
  expect(scores[0]).toMatchObject({ metric: 'accuracy', n: 10 });
  const ids = (await engine.library()).map(({ id }) => id);
  const check = await engine.checkData(ids[0]!, ids[1]!, data, localize);
  expect(check).toMatchObject({ problem: null, example: `${path}, row 1` });
  expect(check.counts).toEqual([
    { label: 'zebra', examples: 4 },
    { label: 'ant', examples: 3 },
    { label: 'owl', examples: 3 },
  ]);
});

test('parts of a table are one, and what is left out of one is told with its name', async () => {
  await addModels(picoRoberta, 'roberta');
  const parts = [0, 1].map((at) => golden(`glue/train-0000${at}-of-00003.parquet`, rowsUrl));
  const papers = { path: 'glue/dataset_info.json', file: new File(['{}'], 'dataset_info.json') };
  const added = await engine.addData('glue/train', [...(await Promise.all(parts)), papers]);
  expect(added).toMatchObject({ added: [{ name: 'glue/train', kind: 'table', files: 2 }] });
  const preview = await engine.previewData('glue/train');
  expect(preview.rows).toHaveLength(20);
  expect(preview.notes).toEqual(['Only 2 of its 3 files are here.']);
  const ids = (await engine.library()).map(({ id }) => id);
  const localize = { preset: 'scaled', budget: 'exact', shots: 1, seed: 0 } as const;
  const columns = { text: 'text', label: 'label' };
  const words = { columns, template: '{text} It was{mask} .', label_words: [' the', ' was'] };
  const check = await engine.checkData(
    ...[ids[0]!, ids[1]!, { train: 'glue/train', ...words }, localize],
  );
  expect(check.problem).toBeNull();
  expect(check.notes).toEqual([
    'glue/train: Only 2 of its 3 files are here.',
    '6 rows of glue/train have no label and are left out, e.g. line 3 of glue/train-00000-of-00003.parquet.',
    '2 examples have no text.', // what is empty is there
  ]);
  expect(check.counts.map(({ examples }) => examples)).toEqual([8, 6]);
});

test('classes that the first rows do not show are told where label words are wanted', async () => {
  await addModels(picoRoberta, 'roberta');
  const rows = ['bad', 'fine', 'good'].flatMap((label) =>
    Array<string>(30).fill(`a text,${label}`),
  );
  const file = new File([['text,label', ...rows].join('\n')], 'sorted.csv');
  await engine.addData('sorted.csv', [{ path: 'sorted.csv', file }]);
  expect((await engine.previewData('sorted.csv')).labels).toEqual(['bad']);
  const ids = (await engine.library()).map(({ id }) => id);
  const localize = { preset: 'scaled', budget: 'exact', shots: 1, seed: 0 } as const;
  const prompt = { template: '{text} It was{mask} .', label_words: [' the'] };
  const [train, test] = await Promise.all([
    engine.checkData(ids[0]!, ids[1]!, { train: 'sorted.csv', ...prompt }, localize),
    engine.checkData(ids[0]!, ids[1]!, { test: 'sorted.csv', ...prompt }, localize),
  ]);
  for (const { problem, labels } of [train, test]) {
    expect(problem).toMatch(/^There are 1 label words for 3 classes \(bad, fine, good\)/);
    expect(labels).toEqual(['bad', 'fine', 'good']);
  }
  expect(train.counts.map(({ examples }) => examples)).toEqual([30, 30, 30]);
  expect(test.counts).toEqual([]);
});

function headFile(tensors: Record<string, number[]>, values: Float32Array<ArrayBuffer>): File {
  let end = 0;
  const entries = Object.entries(tensors).map(([name, shape]) => {
    const start = end;
    end += 4 * shape.reduce((a, b) => a * b, 1);
    return [name, { dtype: 'F32', shape, data_offsets: [start, end] }];
  });
  const text = JSON.stringify(Object.fromEntries(entries));
  return new File([new BigUint64Array([BigInt(text.length)]), text, values], 'h.safetensors');
}

const addHead = async (file: File) =>
  (await engine.addData('h', [{ path: file.name, file }])).added[0];

async function addColours(colours: readonly string[]): Promise<void> {
  const sources: { path: string; file: File }[] = [];
  for (const colour of colours)
    for (let i = 0; i < 4; i++)
      sources.push({ path: `set/${colour}/${i}.png`, file: await picture(colour, `${i}.png`) });
  await engine.addData('set', sources);
}

test('a head from a file tells images as the prompts do that it is made of', async () => {
  await addModels(picoClip, 'clip', { logit_scale: Math.log(20) });
  const names = ['blue', 'lime', 'red'];
  await addColours(names);
  const prompts = ['a photo of a {label}.', '{label}'];
  const files = { train: 'set', test: 'set' };
  const [base, tuned] = await Promise.all(
    (await engine.library()).map(({ id }) => getCheckpoint(id)),
  );
  const tensors = await loadTensors();
  const model = await openTaskModel(base!, tuned!);
  const { signal } = new AbortController();
  const rows = await classEmbeddings(model, { names, prompts }, tensors, signal);
  tensors.close();
  const lossesOf = ({ localized }: Awaited<ReturnType<typeof scoresOf>>) => localized[0]!.losses;
  const prompted = await scoresOf({ ...files, prompts });
  // Rows of any length.
  const scaled = rows.map((value, i) => value * [3, 0.5, 7][Math.floor(i / 8)]!);
  const data: TaskData = { ...files, head: 'h' };
  expect(await addHead(headFile({ rows: [3, 8] }, scaled))).toMatchObject({ kind: 'head' });
  const headed = await scoresOf(data);
  expect(headed.scores.map(({ value }) => value)).toEqual(
    prompted.scores.map(({ value }) => value),
  );
  expect(lossesOf(headed).length).toBeGreaterThan(0);
  lossesOf(headed).forEach((loss, i) => expect(loss).toBeCloseTo(lossesOf(prompted)[i]!, 4));
  await addHead(headFile({ rows: [3, 8] }, Float32Array.of(...rows.slice(8), ...rows.slice(0, 8))));
  const turned = await scoresOf(data);
  expect(turned.localized[0]!.mask).not.toBe(headed.localized[0]!.mask);
  expect(Math.abs(lossesOf(turned)[0]! - lossesOf(headed)[0]!)).toBeGreaterThan(1e-2);
});

test('a head that does not fit is refused with what was met', async () => {
  await addModels(picoClip, 'clip', { logit_scale: 0 });
  await addColours(['blue', 'red']);
  const ids = (await engine.library()).map(({ id }) => id);
  const localize = { preset: 'scaled', budget: 'exact', shots: 2, seed: 0 } as const;
  const problem = async (shapes: Record<string, number[]>, values: number[]) => {
    await addHead(headFile(shapes, Float32Array.from(values)));
    return (await engine.checkData(ids[0]!, ids[1]!, { train: 'set', head: 'h' }, localize))
      .problem;
  };
  const ones = (count: number) => Array<number>(count).fill(1);
  expect(await problem({ w: [2, 8] }, ones(16))).toBeNull();
  expect(await problem({ w: [16] }, ones(16))).toMatch(/h holds "w" F32 \[16\], where a head is/);
  expect(await problem({ w: [2, 8], b: [2] }, ones(18))).toMatch(/"w" F32 \[2, 8\], "b" F32 \[2\]/);
  expect(await problem({ w: [2, 4] }, ones(8))).toMatch(/rows of 4 numbers, .* embeddings have 8/);
  expect(await problem({ w: [8, 2] }, ones(16))).toMatch(/Transpose it/);
  expect(await problem({ w: [3, 8] }, ones(24))).toMatch(/3 rows, .* 2 classes \(blue, red\)/);
  expect(await problem({ w: [2, 8] }, ones(16).with(10, NaN))).toMatch(
    /NaN in "w" at row 1, column 2/,
  );
  expect(await problem({ w: [2, 8] }, [...ones(8), ...ones(8).fill(0)])).toMatch(/row 1 \(red\)/);
});

test('without masks, base, fine-tuned and merged are scored', async () => {
  await addModels(picoRoberta, 'roberta');
  await engine.addData('test.jsonl', picoData('test.jsonl', 20, 1));
  const data: TaskData = {
    ...{ test: 'test.jsonl', template: '{text} It was{mask} .', label_words: [' the', ' was'] },
  };
  const run = (merge_method: string) =>
    engine.run(
      'job',
      {
        ...{ merge_method, base_model: 'base', models: [{ model: 'tuned', data }] },
        ...{ evaluate: ['f1', 'accuracy'], dtype: 'float32', out_dtype: 'bfloat16' },
      },
      () => undefined,
    );
  const linear = await run('linear');
  expect(linear.localized).toEqual([]);
  expect(linear.scores.map(({ model, metric }) => `${model} ${metric}`)).toEqual([
    ...['base f1', 'base accuracy', 'finetuned f1', 'finetuned accuracy'],
    ...['merged f1', 'merged accuracy'],
  ]);
  const dataless = await run('localize_and_stitch');
  expect(dataless.localized).toEqual([]);
  expect(dataless.scores.map(({ model }) => model)).toContain('graft');
});
