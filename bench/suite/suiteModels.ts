import { openAsBlob } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fewShot } from '../../src/data/fewShot.ts';
import { readTable, rowsOf, type Row } from '../../src/data/dataset.ts';
import { encodePrompt, labelWordIds, parseTemplate } from '../../src/data/prompt.ts';
import { paddedLength } from '../../src/data/batches.ts';
import { tokenExamples } from '../../src/data/tokenExamples.ts';
import { openTokenizer } from '../../src/data/tokenizer.ts';
import { readSafetensorsHeader } from '../../src/formats/safetensors.ts';
import { readF32 } from '../../src/models/readF32.ts';
import { buildTowers } from '../../src/models/registry.ts';
import { crossEntropy, type Task } from '../../src/models/task.ts';
import { parseRecipe } from '../../src/recipe/parseRecipe.ts';
import type { TensorInfo, TensorReader } from '../../src/tensor/tensorIndex.ts';

/** All weights of a model in memory, by name. */
export type WeightMap = ReadonlyMap<string, Float32Array<ArrayBuffer>>;

/** A base, its fine-tunes and a task for each; the scope is the encoder's layers. */
export interface Suite {
  base: WeightMap;
  tuned: WeightMap[];
  tasks: Task[];
  /** Of all tensors, as float32. */
  infos: TensorInfo[];
  scope: TensorInfo[];
}

/** Reads weights in memory as float32. */
export function readerOf(weights: WeightMap): TensorReader {
  return {
    async read({ name }, start, end) {
      const values = weights.get(name);
      if (!values) throw new Error(`The model has no ${name}.`);
      return new Uint8Array(values.buffer.slice(start, end));
    },
  };
}

/** Opens what scripts/makeSuite.py wrote. */
export async function openSuite(folder: string, shots: number): Promise<Suite> {
  const recipe = parseRecipe(
    await readFile(join(folder, 'recipe.yml'), 'utf8'),
    ['localize_and_stitch'],
    ['scaled'],
  );
  const { infos, weights: base } = await readWeights(join(folder, 'base'));
  const config = JSON.parse(await readFile(join(folder, 'base/config.json'), 'utf8'));
  const { text } = buildTowers('roberta', infos, config);
  const names = ['tokenizer.json', 'tokenizer_config.json'];
  const blobs = await Promise.all(names.map((name) => openAsBlob(join(folder, 'base', name))));
  const tokenizer = await openTokenizer(
    new Map(names.map((name, i) => [name, blobs[i]!])),
    'roberta',
  );
  if (!text?.heads.maskedLm) throw new Error('The base has no masked-LM head.');
  const tasks: Task[] = [];
  const tuned: WeightMap[] = [];
  for (const { model, data } of recipe.models) {
    if (!data?.train || !data.test || !data.template) throw new Error(`${model} lacks data.`);
    tuned.push((await readWeights(join(folder, model))).weights);
    const { columns = {}, template: given, label_words: words = [] } = data;
    const open = async (path: string, labels: string[] | null) =>
      rowsOf(
        await readTable(basename(path), await openAsBlob(join(folder, path))),
        { text: 'text', label: 'label', ...columns },
        labels,
      );
    const { rows: all, labels } = await open(data.train, data.labels ?? null);
    const { rows: tests } = await open(data.test, labels);
    const template = parseTemplate(given ?? '');
    const encode = (row: Row) => encodePrompt(tokenizer, template, row, text.limit, 'roberta');
    const chosen = fewShot(all, labels, shots, 0);
    const [train, test] = [chosen.map(encode), tests.map(encode)];
    const examples = (encoded: typeof train, rows: readonly Row[]) =>
      tokenExamples(
        encoded,
        rows.map(({ label }) => label),
        tokenizer.special.pad,
      );
    tasks.push({
      name: model,
      labels,
      loss: crossEntropy,
      notes: [],
      blocks: [...text.blocks, text.heads.maskedLm(labelWordIds(tokenizer, words))],
      tokens: paddedLength([...train, ...test]),
      train: examples(train, chosen),
      test: examples(test, tests),
    });
  }
  return { base, tuned, tasks, infos, scope: infos.filter(({ name }) => name.includes('.layer.')) };
}

/** Weights as float32, and what stands for them in memory. */
async function readWeights(folder: string) {
  const blob = await openAsBlob(join(folder, 'model.safetensors'));
  const { tensors } = await readSafetensorsHeader({ path: 'model.safetensors', blob }, 0);
  const file: TensorReader = {
    read: async ({ start }, from, to) =>
      new Uint8Array(await blob.slice(start + from, start + to).arrayBuffer()),
  };
  const weights = new Map<string, Float32Array<ArrayBuffer>>();
  const infos: TensorInfo[] = [];
  for (const info of tensors) {
    const values = await readF32(file, info);
    weights.set(info.name, values);
    infos.push({ ...info, dtype: 'F32', start: 0, end: values.byteLength });
  }
  return { infos, weights };
}
