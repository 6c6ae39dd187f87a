import { expect, it } from 'vitest';
import { memoryScratch } from '../scope/scopeArrays.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import { madePiece, madeReader, putMade } from './made.ts';

const info = (name: string, size: number): TensorInfo => ({
  ...{ name, dtype: 'F32', shape: [size], file: 0, start: 0, end: 4 * size },
});
const size = 2 * madePiece + 7;
const scope = [info('small', 3), info('large', size)].map((base) => ({ base, tuned: [] }));
const large = Float32Array.from({ length: size }, (_, i) => i);

it('reads what was put, in one go or in pieces, across them', async () => {
  const scratch = memoryScratch();
  await putMade(scratch, 0, Float32Array.of(1, 2, 3));
  await putMade(scratch, 1, large.slice(madePiece), madePiece);
  await putMade(scratch, 1, large.slice(0, madePiece), 0);
  const reader = madeReader(scratch, scope);
  const bytes = (name: string, from: number, to: number) =>
    reader.read(info(name, size), 4 * from, 4 * to);
  expect(new Float32Array((await bytes('small', 1, 3)).buffer)).toEqual(Float32Array.of(2, 3));
  for (const [from, to] of [
    [0, size],
    [madePiece - 2, madePiece + 2],
    [madePiece, 2 * madePiece],
    [2 * madePiece + 5, size],
    [9, 9],
  ] as const)
    expect(
      Buffer.compare(await bytes('large', from, to), Buffer.from(large.slice(from, to).buffer)),
    ).toBe(0);
});

it('finds nothing where nothing was put', async () => {
  const scratch = memoryScratch();
  await putMade(scratch, 1, Float32Array.of(1));
  const reader = madeReader(scratch, scope);
  for (const [name, end] of [
    ['small', 4],
    ['large', 8],
    ['other', 4],
  ] as const)
    await expect(reader.read(info(name, 2), 0, end)).rejects.toThrow(`${name} was not made.`);
});
