import { openTokenizer } from '../data/tokenizer.ts';
import { readSafetensorsHeader } from '../formats/safetensors.ts';
import type { Tensors } from '../gpu/tensors.ts';
import { createReaderSource } from '../models/readerSource.ts';
import { buildTowers } from '../models/registry.ts';
import type { StoredCheckpoint } from '../storage/checkpoints.ts';
import type { DataKind, FindData } from '../storage/dataSets.ts';
import type { TaskModel } from '../tasks/taskModel.ts';
import type { TensorReader } from '../tensor/tensorIndex.ts';

const texts = import.meta.glob<string>('./goldens/*.json', {
  base: '../tasks/',
  query: '?raw',
  import: 'default',
  eager: true,
});

/** A JSON file of tasks/goldens/, written by scripts/answerGoldens.py. */
export const promptedGolden = <T>(name: string) =>
  JSON.parse(texts[`./goldens/${name}.json`] ?? 'null') as T;

/** The pico GPT-2 of tasks/goldens/ as a model of tasks, with more files in its folder. */
export async function picoModel(
  bytes: Uint8Array<ArrayBuffer>,
  files: Readonly<Record<string, string>> = {},
): Promise<TaskModel> {
  const source = { path: 'gpt2.safetensors', blob: new Blob([bytes]) };
  const { tensors, metadata } = await readSafetensorsHeader(source, 0);
  const config = JSON.parse(metadata['config'] ?? '{}') as Record<string, unknown>;
  const index = { files: [{ name: source.path, bytes: bytes.length }], tensors, metadata };
  const checkpoint: StoredCheckpoint = {
    ...{ id: 'pico', name: 'pico', architecture: 'gpt2', index, bytes: bytes.length },
    ...{ sideFiles: [], copy: { id: 'pico', sliceBytes: 1 }, addedAt: 0 },
  };
  const reader: TensorReader = {
    read: async (info, start, end) => bytes.slice(info.start + start, info.start + end),
  };
  const folder = new Map(
    Object.entries({ 'tokenizer.json': texts['./goldens/tokenizer.json']!, ...files }),
  );
  const blobs = new Map([...folder].map(([name, text]) => [name, new Blob([text])]));
  const tokenizer = openTokenizer(blobs, 'gpt2');
  return {
    ...{ base: checkpoint, tuned: checkpoint, baseReader: reader, tunedReader: reader, config },
    towers: buildTowers('gpt2', tensors, config),
    file: (name) => blobs.get(name) ?? null,
    tokenizer: () => tokenizer,
  };
}

/** Finds data by name among rows, each a JSONL file. */
export const findRows =
  (data: Readonly<Record<string, readonly object[]>>): FindData =>
  async (name) => {
    const blob = new Blob(data[name]!.map((row) => `${JSON.stringify(row)}\n`));
    const kind: DataKind = 'table';
    const files = [{ path: name, start: 0, end: blob.size }];
    return { name, id: name, kind, files, blob, addedAt: 0 };
  };

/** The weights of `picoModel`. */
export const picoSource = (tensors: Tensors, { baseReader }: TaskModel) =>
  createReaderSource(tensors, { model: baseReader, task: baseReader }, 1e9);
