import { expect, test } from 'vitest';
import type { OpenedCheckpoint } from '../formats/checkpoint.ts';
import type { TensorInfo, TensorReader } from '../tensor/tensorIndex.ts';
import { repeatedTensors, withTies } from './ties.ts';

const bytes = {
  'lm_head.bias': [9, 9, 9, 9],
  'lm_head.decoder.bias': [9, 9, 9, 8],
  'lm_head.decoder.weight': [1, 2, 3, 4, 5, 6, 7, 8],
  'roberta.embeddings.word_embeddings.weight': [1, 2, 3, 4, 5, 6, 7, 8],
};

const infoOf = (name: string, size: number, start = 0): TensorInfo => ({
  ...{ name, dtype: 'F32', shape: [size / 4], file: 0, start, end: start + size },
});

const tensors = Object.entries(bytes).map(([name, { length }], i) => infoOf(name, length, 8 * i));

const reader: TensorReader = {
  read: async ({ name }, start, end) =>
    new Uint8Array(bytes[name as keyof typeof bytes].slice(start, end)),
};

test('a tied tensor that is stored twice is told as a copy, and one of other bytes is not', async () => {
  expect(await repeatedTensors('roberta', tensors, reader)).toEqual(['lm_head.decoder.weight']);
  expect(await repeatedTensors(null, tensors, reader)).toEqual(['lm_head.decoder.weight']);
});

/** A reader of two tensors of so many bytes, of which one byte differs, and how much of them it read. */
function largePair(size: number, odd: number) {
  const read = { bytes: 0 };
  const large: TensorReader = {
    async read({ name }, start, end) {
      read.bytes += end - start;
      const piece = new Uint8Array(end - start);
      if (name === 'lm_head.weight' && odd >= start && odd < end) piece[odd - start] = 1;
      return piece;
    },
  };
  const pair = [infoOf('lm_head.weight', size), infoOf('model.embed_tokens.weight', size, size)];
  return { read, large, pair };
}

const size = 2 ** 26;

test.each([5, size - 1, 2 ** 22 + 77_777])(
  'large tensors that differ in byte %i alone are not equal',
  async (odd) => {
    const { large, pair } = largePair(size, odd);
    expect(await repeatedTensors('llama', pair, large)).toEqual([]);
  },
);

test('of tensors that differ at once little is read, and of those that are one place nothing', async () => {
  const { large, pair, read } = largePair(size, 5);
  await repeatedTensors('llama', pair, large);
  expect(read.bytes).toBeLessThan(2 ** 15);
  const [head, embedding] = pair;
  const one = [head!, { ...embedding!, start: 0, end: size }];
  expect(await repeatedTensors('llama', one, large)).toEqual(['lm_head.weight']);
  expect(read.bytes).toBeLessThan(2 ** 15);
});

test('a checkpoint on the table is compared once, with what its configuration says', async () => {
  let reads = 0;
  const blob = new Blob([new Uint8Array(16)]);
  const { slice } = blob;
  blob.slice = (...range) => {
    reads++;
    return slice.apply(blob, range);
  };
  const opened: OpenedCheckpoint = {
    ...{ name: 'tied', architecture: 'llama' },
    index: {
      files: [{ name: 'm', bytes: 16 }],
      tensors: [infoOf('lm_head.weight', 8), infoOf('model.embed_tokens.weight', 8, 8)],
      metadata: {},
    },
    weightFiles: [{ path: 'm', blob }],
    sideFiles: [{ path: 'config.json', blob: new Blob(['{"tie_word_embeddings": false}']) }],
  };
  const wanted = { copies: ['lm_head.weight'], told: false };
  expect((await withTies(opened)).ties).toEqual(wanted);
  const once = reads;
  expect((await withTies(opened)).ties).toEqual(wanted);
  expect(reads).toBe(once);
});
