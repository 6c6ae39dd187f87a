import { describe, expect, it } from 'vitest';
import { missingParts, shardOf } from './shards.ts';

describe('parts of a data set', () => {
  it.each([
    ['glue/sst2/train-00000-of-00002.parquet', 'glue/sst2/train', 2],
    ['imdb/plain_text/test-00000-of-00001.parquet', 'imdb/test', 1],
    ['mnist/data/train-00000-of-00001-b2f2ee5.parquet', 'mnist/train', 1],
    ['data/train-00000-of-00001.parquet', 'data/train', 1],
    ['sst2/train/0000.parquet', 'sst2/train', null],
    ['sst2/train/data-00001-of-00003.arrow', 'sst2/train', 3],
    ['glue-train-00000-of-00002.arrow', 'glue-train', 2],
    ['train-00000-of-00002.jsonl', 'train', 2],
    [
      'glue/sst2/0.0.0/bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c/glue-train.arrow',
      'glue/sst2/train',
      null,
    ],
    ['svhn/cropped_digits/train-00000-of-00001.parquet', 'svhn/train', 1],
  ])('%s is of %s', (path, set, of) => {
    expect(shardOf(path)).toEqual({ set, of });
  });

  it.each([
    'sst2/train.parquet',
    'sst2/dev.tsv',
    '0000.parquet',
    'a/2024.png',
    'model-00001-of-00002.safetensors',
  ])('%s is a file on its own', (path) => {
    expect(shardOf(path)).toBeNull();
  });

  it('are told where some are missing', () => {
    expect(missingParts(['a/train-00001-of-00003.parquet'])).toBe(
      'Only 1 of its 3 files are here.',
    );
    expect(missingParts(['a/t-00000-of-00002.csv', 'a/t-00001-of-00002.csv'])).toBeNull();
    expect(missingParts(['a/train.csv'])).toBeNull();
    expect(missingParts([])).toBeNull();
  });
});
