import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTokenizer } from '../data/tokenizer.ts';
import type { Tensors } from '../gpu/tensors.ts';
import { buildTowers } from '../models/registry.ts';
import type { FindData } from '../storage/dataSets.ts';
import { goldenJson, goldenTokenizer } from '../test/dataGoldens.ts';
import { indexOf } from '../test/modelShapes.ts';
import { openNodeTensors } from '../test/nodeTensors.ts';
import { picoLlama } from '../test/picoSuite.ts';
import { picoModel } from '../test/promptedGoldens.ts';
import { readFile } from 'node:fs/promises';
import { prepareNextTokenTask } from './languageTask.ts';

let tensors: Tensors;
beforeAll(async () => {
  tensors = await openNodeTensors();
});
afterAll(() => tensors.close());

const text = 'It was a photo of the cat and they told you again.\n'.repeat(30);

const find: FindData = async (name) => {
  const blob = new Blob([text]);
  const files = [{ path: name, start: 0, end: blob.size }];
  return { name, id: name, kind: 'text', files, blob, addedAt: 0 };
};

async function prepared(tokenizerName: string) {
  const gpt2 = new URL('./goldens/gpt2.safetensors', import.meta.url);
  const tokenizer = await openTokenizer(goldenTokenizer(tokenizerName), null);
  const { tensors: shapes } = indexOf(picoLlama.shapes);
  const model = {
    ...(await picoModel(new Uint8Array(await readFile(gpt2)))),
    towers: buildTowers('llama', shapes, { ...picoLlama.config }),
    tokenizer: async () => tokenizer,
  };
  const data = { test: 'prose.txt', kind: 'next_token' } as const;
  const task = await prepareNextTokenTask(model, data, find, { shots: 'all', seed: 0 });
  return { task, encode: tokenizer.encode };
}

it.each([
  ['llama2', 31],
  ['llama3', 31],
  ['smollm', 32],
])('begins every block of text as the tokenizer of %s begins texts', async (name, room) => {
  const { task, encode } = await prepared(name);
  const begins = goldenJson<Record<string, number[]>>('begins.json')[name]!;
  const batch = await task.test!.batch(tensors.tf, [0, 1]);
  const [ids, types] = [await batch.ids!.array(), await batch.types!.array()] as number[][][];
  const whole = encode(text);
  expect(ids).toEqual([0, 1].map((i) => [...begins, ...whole.slice(i * room, (i + 1) * room)]));
  expect(types![0]).toEqual([0, ...Array<number>(31).fill(1)]);
  Object.values(batch).forEach((tensor) => tensor?.dispose());
  // Each of 31 tokens a block was one of seven.
  const values = new Float32Array(31 * task.examples).fill(Math.log(7));
  expect(task.measure({ values, width: 31 }, 'perplexity')).toBeCloseTo(7, 4);
});
