import { goldenTexts } from './dataGoldens.ts';
import { mulberry32 } from '../data/random.ts';
import type { Recipe, TaskData } from '../recipe/recipe.ts';
import { emptyStore } from './store.ts';
import { picoClip, picoData, picoFolder, picoRoberta, type PicoModel } from './picoSuite.ts';
import type { EngineApi } from '../api/engine.ts';

// Models too small to know anything, of texts and of images; for tests only.

/** Tasks of the suite; test tiles of image task i: 3 × (20 + i), texts: 70. */
export const names = ['first', 'second', 'third'];
const quiet = () => undefined;

async function addModels(
  engine: EngineApi,
  kind: string,
  model: PicoModel,
  tokenizer: string,
): Promise<void> {
  const text = goldenTexts[`./goldens/${tokenizer}/tokenizer.json`]!;
  const folders = ['base', ...names].flatMap((name, seed) =>
    picoFolder(`${kind}-${name}`, seed, text, model),
  );
  const { candidates } = await engine.inspect(folders);
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

/** Stores a base, three fine-tunes and their data, of texts and of images. */
export async function storeLabSuite(engine: EngineApi): Promise<void> {
  await emptyStore();
  await addModels(engine, 'text', picoRoberta, 'roberta');
  await addModels(engine, 'image', picoClip, 'clip');
  const add = (name: string, file: File) => engine.addData(name, [{ path: file.name, file }]);
  for (const [i, name] of names.entries()) {
    await engine.addData(`${name}/train.jsonl`, picoData('train.jsonl', 40, 10 + i));
    await engine.addData(`${name}/test.jsonl`, picoData('test.jsonl', 70, 20 + i));
    await add(`${name}/train`, await sheet(12, 30 + i));
    await add(`${name}/test`, await sheet(20 + i, 40 + i));
    await add(`${name}/head`, headFile(50 + i));
  }
}

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

/** A recipe of all tasks of a kind, `text` or `image`. */
export const recipeOf = (kind: string, changes: Partial<Recipe> = {}): Recipe => ({
  merge_method: 'localize_and_stitch',
  base_model: `${kind}-base`,
  models: names.map((name) => ({ model: `${kind}-${name}`, data: dataOf[kind]!(name) })),
  localize: { preset: 'dataless', budget: 'exact', shots: 8, seed: 0 },
  ...{ evaluate: ['accuracy'], scope: 'blocks', dtype: 'float32', out_dtype: 'float32' },
  ...changes,
});
