import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import { write } from './db.ts';
import { joinedRows, rowsOf, turned } from '../tensor/pieces.ts';
import { createFileReader, createReader } from './reader.ts';
import { emptyStore, ingested, KiB, openedOf, randomBytes } from '../test/store.ts';

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

test('tensors in a row come by one read, others one by one, and a damaged one is named', async () => {
  const bytes = randomBytes(100 * KiB);
  const options = {
    signal: new AbortController().signal,
    sliceBytes: 64 * KiB,
    chunkBytes: 16 * KiB,
  };
  const checkpoint = await ingested(openedOf('many', [new File([bytes], 'many')]), options);
  const at = (start: number, end: number): TensorInfo => ({
    ...{ name: `from ${start}`, dtype: 'U8', shape: [end - start], file: 0, start, end },
  });
  const [a, b, c, d] = [at(10, 1000), at(1000, 1003), at(1003, 70_000), at(70_001, 80_000)];
  const read = vi.spyOn(Blob.prototype, 'arrayBuffer');
  onTestFinished(() => read.mockRestore());
  // What is opened for the first time is compared with its digests.
  await createFileReader(checkpoint).readAll?.([a, b, c]);
  read.mockClear();
  const { readAll } = createFileReader(checkpoint);
  expect(await readAll?.([a, b, c])).toEqual(bytes.slice(10, 70_000));
  expect(read).toHaveBeenCalledTimes(1);
  const apart = [...bytes.slice(70_001, 80_000), ...bytes.slice(10, 1000)];
  expect([...((await readAll?.([d, a])) ?? [])]).toEqual(apart);
  await write({ remove: [['slice', checkpoint.copy.id, 0, 1]] });
  const message = expect.stringMatching(/“many” is damaged: many, bytes 65536 .* are missing/);
  await expect(createFileReader(checkpoint).readAll?.([a, b, c])).rejects.toMatchObject({
    ...{ kind: 'BadFile', message },
  });
});

test('a tensor made of pieces of two files, across slices, among others', async () => {
  const columns = 100;
  const words = Float32Array.from({ length: 600 * columns }, (_, i) => i);
  const options = {
    signal: new AbortController().signal,
    sliceBytes: 64 * KiB,
    chunkBytes: 16 * KiB,
  };
  const files = [new File([words], 'a'), new File([words.map((x) => -x)], 'b')];
  const checkpoint = await ingested(openedOf('parts', files), options);
  const [a, b] = [0, 1].map((file): TensorInfo => ({
    ...{ name: `${file}`, dtype: 'F32', shape: [600, columns], file, start: 0 },
    end: words.byteLength,
  }));
  const { read, readAll } = createReader(checkpoint);
  const both = joinedRows([a!, b!])!;
  const around = new Float32Array((await read(both, 4 * 59_990, 4 * 60_010)).buffer);
  expect([...around]).toEqual([...words.slice(-10), ...words.slice(0, 10).map((x) => -x)]);
  const rows = rowsOf(b!, 599, 600)!;
  expect([...new Float32Array((await readAll!([rows, a!])).buffer)]).toEqual([
    ...words.slice(-columns).map((x) => -x),
    ...words,
  ]);
  const column = new Float32Array((await read(turned(a!)!, 4 * 600 * 7, 4 * 600 * 8)).buffer);
  expect([...column]).toEqual(Array.from({ length: 600 }, (_, row) => row * columns + 7));
});
