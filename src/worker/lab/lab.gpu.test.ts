import { beforeAll, expect, test } from 'vitest';
import { goldenTexts } from '../../data/goldenFiles.ts';
import { mulberry32 } from '../../data/random.ts';
import type { Recipe, TaskData } from '../../recipe/recipe.ts';
import { emptyStore } from '../../storage/testSupport.ts';
import { engine } from '../client.ts';
import { picoClip, picoData, picoFolder, picoRoberta, type PicoModel } from '../picoSuite.ts';
import type { LabModel, LabScore } from './types.ts';

const { lab } = engine;
const names = ['first', 'second', 'third'];
const quiet = () => undefined;

async function addModels(kind: string, model: PicoModel, tokenizer: string): Promise<void> {
  const text = goldenTexts[`./goldens/${tokenizer}/tokenizer.json`]!;
  const folders = ['base', ...names].flatMap((name, seed) =>
    picoFolder(`${kind}-${name}`, seed, text, model),
  );
  const { candidates, problems } = await engine.inspect(folders);
  expect(problems).toEqual([]);
  for (const { key } of candidates) await engine.ingest('job', key, quiet);
}

/** A sheet of noise: a row of tiles of 32 pixels for each of three classes, each with a colour of its own. */
async function sheet(columns: number, seed: number): Promise<File> {
  const canvas = new OffscreenCanvas(32 * columns, 96);
  const random = mulberry32(seed);
  const image = new ImageData(canvas.width, canvas.height);
  for (let at = 0; at < image.data.length; at++) {
    const row = Math.floor(at / 4 / canvas.width / 32);
    image.data[at] = at % 4 === 3 ? 255 : (at % 4 === row ? 90 : 0) + 165 * random();
  }
  canvas.getContext('2d')!.putImageData(image, 0, 0);
  return new File([await canvas.convertToBlob({ type: 'image/png' })], 'sheet.png');
}

function headFile(seed: number): File {
  const random = mulberry32(seed);
  const values = Float32Array.from({ length: 24 }, () => random() - 0.5);
  const header = JSON.stringify({ head: { dtype: 'F32', shape: [3, 8], data_offsets: [0, 96] } });
  return new File([new BigUint64Array([BigInt(header.length)]), header, values], 'h.safetensors');
}

beforeAll(async () => {
  await emptyStore();
  await addModels('text', picoRoberta, 'roberta');
  await addModels('image', picoClip, 'clip');
  const add = (name: string, file: File) => engine.addData(name, [{ path: file.name, file }]);
  for (const [i, name] of names.entries()) {
    await engine.addData(`${name}/train.jsonl`, picoData('train.jsonl', 40, 10 + i));
    await engine.addData(`${name}/test.jsonl`, picoData('test.jsonl', 70, 20 + i));
    await add(`${name}/train`, await sheet(12, 30 + i));
    await add(`${name}/test`, await sheet(20 + i, 40 + i));
    await add(`${name}/head`, headFile(50 + i));
  }
});

const dataOf: Record<string, (name: string) => TaskData> = {
  text: (name) => ({
    ...{ train: `${name}/train.jsonl`, test: `${name}/test.jsonl` },
    ...{ template: '{text} It was{mask} .', label_words: [' the', ' was'] },
  }),
  image: (name) => ({
    ...{ train: `${name}/train`, test: `${name}/test`, head: `${name}/head` },
    labels: ['red', 'green', 'blue'],
  }),
};

const recipeOf = (kind: string, changes: Partial<Recipe> = {}): Recipe => ({
  merge_method: 'localize_and_stitch',
  base_model: `${kind}-base`,
  models: names.map((name) => ({ model: `${kind}-${name}`, data: dataOf[kind]!(name) })),
  localize: { preset: 'dataless', budget: 'exact', shots: 8, seed: 0 },
  ...{ evaluate: ['accuracy'], scope: 'blocks', dtype: 'float32', out_dtype: 'float32' },
  ...changes,
});

const open = (kind: string) => lab.open('open', { recipe: recipeOf(kind) }, quiet);
const scoresOf = (model: LabModel) => lab.score('slot', model, [0, 1, 2], quiet);
const shares = (scores: readonly LabScore[]) => scores.map(({ right, n }) => right / n);
const each = <T>(value: T): T[] => names.map(() => value);

/** Accuracies of a run on every task, by what was scored. */
async function ran(recipe: Recipe) {
  const { scores, parameters, intersections, owners } = await engine.run('job', recipe, quiet);
  const of = (kind: string) =>
    scores.filter(({ model }) => model === kind).map(({ value }) => value);
  return { of, parameters, intersections, owners };
}

test.each(['text', 'image'])('scores %s models as runs do', { timeout: 300_000 }, async (kind) => {
  const parameters = { density: 0.2 };
  const stitched = await ran(recipeOf(kind, { parameters }));
  const ties = await ran(recipeOf(kind, { merge_method: 'ties', parameters }));
  const arithmetic = { weight: 0.4 };
  const added = await ran(
    recipeOf(kind, { merge_method: 'task_arithmetic', parameters: arithmetic }),
  );
  const info = await open(kind);
  expect(info.tasks.map(({ id, tests, shots }) => [id, tests, shots])).toEqual(
    names.map((name, i) => [
      `${kind}-${name}`,
      kind === 'text' ? 70 : 3 * (20 + i),
      kind === 'text' ? 20 : 12,
    ]),
  );
  expect([info.scope, info.parameters]).toEqual([
    stitched.parameters.scope,
    stitched.parameters.total,
  ]);
  expect(shares(await scoresOf({ kind: 'base' }))).toEqual(stitched.of('base'));
  for (const [task] of names.entries())
    expect(
      (await lab.score('slot', { kind: 'tuned', task }, [task], quiet)).map(
        ({ right, n }) => right / n,
      ),
    ).toEqual([stitched.of('finetuned')[task]]);
  const mask = { by: 'dataless', density: 0.2 };
  for (const [task] of names.entries()) {
    const graft: LabModel = {
      kind: 'stitch',
      masks: names.map((_, m) => (m === task ? mask : null)),
    };
    expect(shares(await lab.score('slot', graft, [task], quiet))).toEqual([
      stitched.of('graft')[task],
    ]);
  }
  expect(shares(await scoresOf({ kind: 'stitch', masks: each(mask) }))).toEqual(
    stitched.of('merged'),
  );
  expect(shares(await scoresOf({ kind: 'sum', weights: each(0.4) }))).toEqual(added.of('merged'));
  const elected: LabModel = { kind: 'ties', tasks: [0, 1, 2], density: 0.2, lambda: 1 };
  expect(shares(await scoresOf(elected))).toEqual(ties.of('merged'));
  const { intersections, owners } = stitched;
  const overlap = await lab.overlap(each(mask));
  expect(overlap).toMatchObject({ intersections, owners });
  expect(overlap.changed).toBe(stitched.parameters.changed);
  expect(await lab.changed(elected)).toBe(ties.parameters.changed);
  expect(await lab.changed({ kind: 'base' })).toBe(0);
  await lab.close();
});
