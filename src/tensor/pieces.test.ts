import { describe, expect, it } from 'vitest';
import { joinedRows, rowsOf, turned, withPieces } from './pieces.ts';
import type { TensorInfo } from './tensorIndex.ts';

/** A tensor [rows, columns] of bytes that count from `first`, and a reader of all of them. */
const tensor = (name: string, first: number, shape: readonly number[]): TensorInfo => ({
  ...{ name, shape, dtype: 'F8_E4M3', file: first, start: 0 },
  end: shape.reduce((a, b) => a * b, 1),
});
const reads: string[] = [];
const reader = withPieces({
  async read({ name, file }: TensorInfo, start: number, end: number) {
    reads.push(`${name} ${start}-${end}`);
    return Uint8Array.from({ length: end - start }, (_, i) => file + start + i);
  },
  readAll: (_: readonly TensorInfo[]) => Promise.resolve(Uint8Array.of(255)),
});

const a = tensor('a', 0, [2, 3]);
const b = tensor('b', 100, [1, 3]);

describe('a tensor made of pieces', () => {
  it.each([
    ['rows', rowsOf(a, 1, 2), [1, 3], [3, 4, 5]],
    ['joined', joinedRows([a, b]), [3, 3], [0, 1, 2, 3, 4, 5, 100, 101, 102]],
    ['turned', turned(a), [3, 2], [0, 3, 1, 4, 2, 5]],
  ])('%s, is read in row-major order, in any range', async (_, info, shape, expected) => {
    expect(info?.shape).toEqual(shape);
    for (let start = 0; start <= expected.length; start++)
      for (let end = start; end <= expected.length; end++)
        expect([...(await reader.read(info!, start, end))]).toEqual(expected.slice(start, end));
  });

  it('reads no more than it needs', async () => {
    reads.length = 0;
    await reader.read(joinedRows([a, b, a])!, 6, 9);
    await reader.read(rowsOf(a, 1, 2)!, 1, 2);
    expect(reads).toEqual(['b 0-3', 'a 4-5']);
  });

  it('is read among others', async () => {
    const all = await reader.readAll!([b, joinedRows([b, a])!]);
    expect([...all]).toEqual([100, 101, 102, 100, 101, 102, 0, 1, 2, 3, 4, 5]);
    expect([...(await reader.readAll!([a, b]))]).toEqual([255]);
  });

  it('is made only of what fits', () => {
    expect(rowsOf(a, 1, 3)).toBeNull();
    expect(rowsOf({ ...a, shape: [] }, 0, 1)).toBeNull();
    expect(joinedRows([a, tensor('c', 0, [1, 4])])).toBeNull();
    expect(joinedRows([a, { ...b, dtype: 'F8_E5M2' }])).toBeNull();
    expect(joinedRows([{ ...a, dtype: 'F4' }])).toBeNull();
    expect(turned(tensor('c', 0, [1, 4, 2]))).toBeNull();
    expect(turned({ ...a, dtype: 'I8' })).toBeNull();
  });
});
