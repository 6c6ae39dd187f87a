import { describe, expect, it } from 'vitest';
import { gatherStrided, rowMajor, windowBytes } from './gatherStrided.ts';
import { tensorBytes, type TensorInfo } from './tensorIndex.ts';

/** A tensor over a file in which word i holds i, and how many bytes were read at most at once. */
function strided(shape: number[], strides: number[], dtype: TensorInfo['dtype'] = 'U16') {
  const tensor: TensorInfo = { name: 'w', dtype, shape, strides, file: 0, start: 0, end: 0 };
  const reads: number[] = [];
  const read = (start: number, end: number) => {
    reads.push(end - start);
    const bytes = new Uint8Array(end - start);
    const words = new Uint16Array(bytes.buffer);
    for (let i = 0; i < words.length; i++) words[i] = start / 2 + i;
    return Promise.resolve(bytes);
  };
  return { tensor, reads, read };
}

/** The plainest loop: the words of all elements, in row-major order. */
function expected(shape: number[], strides: number[], words: number): number[] {
  let at = [0];
  shape.forEach((size, d) => {
    at = at.flatMap((from) => Array.from({ length: size }, (_, i) => from + i * strides[d]!));
  });
  return at.flatMap((i) => Array.from({ length: words }, (_, k) => (i * words + k) & 65535));
}

describe('a strided tensor is read in row-major order', () => {
  it.each([
    [[3, 4], [1, 3], 'U16'],
    [[4, 3, 2], [1, 4, 12], 'F16'],
    [[2, 3, 4], [12, 1, 3], 'F32'],
    [[3, 4], [1, 3], 'F64'],
    [[5], [7], 'BF16'],
    [[2, 1, 3], [3, 99, 1], 'I64'],
    [[2, 3], [8, 2], 'U16'],
    [[], [], 'F32'],
  ] as [number[], number[], TensorInfo['dtype']][])(
    'of shape %j with strides %j as %s',
    async (shape, strides, dtype) => {
      const { tensor, read } = strided(shape, strides, dtype);
      const bytes = tensorBytes(tensor);
      const size =
        bytes /
        Math.max(
          1,
          shape.reduce((a, b) => a * b, 1),
        );
      const whole = expected(shape, strides, size / 2);
      for (let start = 0; start < bytes; start += size)
        for (let end = start; end <= bytes; end += size) {
          const got = await gatherStrided(tensor, start, end, read);
          expect([...new Uint16Array(got.buffer)]).toEqual(whole.slice(start / 2, end / 2));
        }
    },
  );

  it('byte by byte too', async () => {
    const { tensor } = strided([2, 4], [1, 2], 'U8');
    const file = Uint8Array.of(10, 11, 12, 13, 14, 15, 16, 17);
    const read = (start: number, end: number) => Promise.resolve(file.slice(start, end));
    expect([...(await gatherStrided(tensor, 1, 7, read))]).toEqual([12, 14, 16, 11, 13, 15]);
  });
});

it('holds a window of the file at most, however large the tensor', async () => {
  const shape = [3000, 2000];
  const strides = [1, 3000];
  const { tensor, read, reads } = strided(shape, strides);
  const rows = await gatherStrided(tensor, 1000 * 4000, 1600 * 4000, read);
  const words = new Uint16Array(rows.buffer);
  for (const i of [0, 1, 1999, 2000, 599_999, 1_199_999])
    expect(words[i]).toBe((1000 + Math.floor(i / 2000) + (i % 2000) * 3000) & 65535);
  expect(Math.max(...reads)).toBeLessThanOrEqual(windowBytes);
  expect(reads.length).toBeLessThan(6);
});

it('skips what lies between runs far apart', async () => {
  const { tensor, read, reads } = strided([4, 3], [1, 100_000]);
  const got = await gatherStrided(tensor, 0, 24, read);
  expect([...new Uint16Array(got.buffer)]).toEqual(expected([4, 3], [1, 100_000], 1));
  expect(reads).toEqual([8, 8, 8]);
});

it('refuses parts of elements', async () => {
  const { tensor, read } = strided([4], [2], 'F32');
  await expect(gatherStrided(tensor, 2, 8, read)).rejects.toThrow('not whole elements');
});

it('knows the strides of plain tensors', () => {
  expect(rowMajor([2, 3, 4])).toEqual([12, 4, 1]);
  expect(rowMajor([])).toEqual([]);
});
