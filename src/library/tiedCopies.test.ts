import { expect, test } from 'vitest';
import type { TensorInfo, TensorReader } from '../tensor/tensorIndex.ts';
import { tiedCopies } from './tiedCopies.ts';

const bytes = {
  'lm_head.bias': [9, 9, 9, 9],
  'lm_head.decoder.bias': [9, 9, 9, 8],
  'lm_head.decoder.weight': [1, 2, 3, 4, 5, 6, 7, 8],
  'roberta.embeddings.word_embeddings.weight': [1, 2, 3, 4, 5, 6, 7, 8],
};

const tensors = Object.entries(bytes).map(([name, values]): TensorInfo => {
  return { name, dtype: 'F32', shape: [values.length / 4], file: 0, start: 0, end: values.length };
});

const reader: TensorReader = {
  read: async ({ name }, start, end) =>
    new Uint8Array(bytes[name as keyof typeof bytes].slice(start, end)),
};

test('a tied tensor that is stored twice is told as a copy, and one of other bytes is not', async () => {
  const found = await tiedCopies({ architecture: 'roberta', tensors }, {}, reader);
  expect([...found]).toEqual([
    ['lm_head.decoder.weight', 'roberta.embeddings.word_embeddings.weight'],
  ]);
});

test('there are no copies where the configuration unties them, or nothing is known to be tied', async () => {
  const untied = { tie_word_embeddings: false };
  expect((await tiedCopies({ architecture: 'roberta', tensors }, untied, reader)).size).toBe(0);
  expect((await tiedCopies({ architecture: null, tensors }, {}, reader)).size).toBe(0);
});
