import { beforeEach, expect, test } from 'vitest';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import { createFileReader } from './reader.ts';
import { emptyStore, ingested, KiB, openedOf } from '../test/store.ts';

beforeEach(emptyStore);

test('a transposed tensor reads in row-major order across slices, and so does its Blob', async () => {
  const [rows, columns] = [300, 200];
  const words = Float32Array.from({ length: 8 + rows * columns }, (_, i) => i - 8);
  const options = {
    signal: new AbortController().signal,
    sliceBytes: 64 * KiB,
    chunkBytes: 16 * KiB,
  };
  const checkpoint = await ingested(openedOf('strided', [new File([words], 'w.bin')]), options);
  const tensor: TensorInfo = {
    ...{ name: 'w', dtype: 'F32', shape: [rows, columns], strides: [1, rows], file: 0 },
    ...{ start: 32, end: words.byteLength },
  };
  const expected = Float32Array.from(
    { length: rows * columns },
    (_, i) => Math.floor(i / columns) + (i % columns) * rows,
  );
  const reader = createFileReader(checkpoint);
  const part = await reader.read(tensor, 4 * 1234, 4 * 5678);
  expect(new Float32Array(part.buffer)).toEqual(expected.slice(1234, 5678));
  const blobs = await Promise.all([tensor, tensor].map(reader.tensorBlob));
  for (const blob of blobs) expect(new Float32Array(await blob.arrayBuffer())).toEqual(expected);
  await expect(reader.read(tensor, 0, 4 * expected.length + 4)).rejects.toThrow('outside tensor w');
});
