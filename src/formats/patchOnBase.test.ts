import { expect, test } from 'vitest';
import type { DType, MergeableDType } from '../tensor/dtype.ts';
import type { TensorIndex } from '../tensor/tensorIndex.ts';
import { blockCodes, type Patch } from './patchFile.ts';
import type { PositionDType } from './positionCodes.ts';
import { checkPositions, patchedIndex } from './patchOnBase.ts';

const name = 'mood.patch.safetensors';
const signal = new AbortController().signal;

const baseOf = (elements: number, dtype: DType = 'F32'): TensorIndex => ({
  files: [{ name: 'base', bytes: 0 }],
  tensors: [
    { name: 'ids', dtype: 'I64', shape: [2], file: 1, start: 8, end: 24 },
    { name: 'w', dtype, shape: [elements], file: 1, start: 24, end: 24 + 4 * elements },
  ],
  metadata: {},
});

/** A patch of tensor w with as many values, and its file: these positions alone, as they are. */
function patchOf(positions: readonly number[], dtype: MergeableDType = 'F32', tensor = 'w') {
  return coded(Int32Array.from(positions), 'I32', positions.length, dtype, tensor);
}

/** The same from positions as a patch holds them. */
function coded(
  codes: Int32Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint8Array<ArrayBuffer>,
  codeDtype: PositionDType,
  kept: number,
  dtype: MergeableDType = 'F32',
  tensor = 'w',
) {
  const place = { file: 0, start: 0, end: codes.byteLength };
  const part = codeDtype === 'I32' ? 'indices' : 'gaps';
  const patch: Patch = {
    ...{ base: 'b', task: 'mood', settings: '{}' },
    entries: [
      {
        ...{ name: tensor, dtype, kept, blocks: [] },
        positions: { name: `${tensor}.${part}`, dtype: codeDtype, shape: [codes.length], ...place },
        values: { name: `${tensor}.values`, dtype, shape: [kept], ...place },
      },
    ],
  };
  return { patch, source: { path: name, blob: new Blob([codes]) } };
}

const own: TensorIndex = { files: [{ name, bytes: 9 }], tensors: [], metadata: {} };

function check({ patch, source }: ReturnType<typeof coded>, elements: number) {
  return checkPositions(source, patch, baseOf(elements), { signal });
}

test('positions that ascend inside their tensor pass, and where blocks start is kept', async () => {
  const positions = Array.from({ length: 2 * blockCodes + 1 }, (_, i) => 3 * i);
  const reached: number[] = [];
  const { patch, source } = patchOf(positions);
  const { entries } = await checkPositions(source, patch, baseOf(3 * positions.length), {
    signal,
    onProgress: (done) => reached.push(done),
  });
  expect(entries[0]?.blocks).toEqual([
    { from: 0, first: 0 },
    { from: 3 * (blockCodes - 1), first: blockCodes },
    { from: 3 * (2 * blockCodes - 1), first: 2 * blockCodes },
  ]);
  expect(reached).toEqual([4 * blockCodes, 8 * blockCodes, 8 * blockCodes + 4]);
});

test('a position at either end of the tensor passes', async () => {
  await expect(check(patchOf([0, 9]), 10)).resolves.toBeDefined();
});

test('gaps add up to positions, over blocks that hold fewer of them', async () => {
  const gaps = new Uint8Array(blockCodes + 3).fill(1);
  gaps[1] = 255;
  gaps[2] = 255;
  const { entries } = await check(coded(gaps, 'U8', blockCodes + 1), 2 * blockCodes);
  expect(entries[0]?.blocks).toEqual([
    { from: 0, first: 0 },
    { from: blockCodes - 2 + 2 * 255, first: blockCodes - 2 },
  ]);
});

test('a block that ends on a carry hands it to the next one', async () => {
  const gaps = new Uint8Array(blockCodes + 1).fill(1);
  gaps[blockCodes - 1] = 255;
  const { entries } = await check(coded(gaps, 'U8', blockCodes), 2 * blockCodes);
  expect(entries[0]?.blocks).toEqual([
    { from: 0, first: 0 },
    { from: blockCodes - 1 + 255, first: blockCodes - 1 },
  ]);
});

const faults: [what: string, positions: number[], says: string][] = [
  ['unsorted', [1, 7, 4], 'is not sorted: entry 2 is position 7, and entry 3 is 4'],
  ['repeated', [1, 7, 7], 'holds position 7 twice, as its entries 2 and 3'],
  ['out of range', [1, 10], 'holds position 10 as its entry 2, outside w, which has 10 weights'],
  ['negative', [-1, 3], 'holds position -1 as its entry 1, outside w'],
];

for (const [what, positions, says] of faults)
  test(`positions that are ${what} are refused`, async () => {
    await expect(check(patchOf(positions), 10)).rejects.toMatchObject({
      kind: 'BadFile',
      message: expect.stringContaining(`${name}: w.indices ${says}`),
    });
  });

const badGaps: [what: string, gaps: number[], kept: number, says: string][] = [
  ['of 0', [3, 0], 2, 'holds position 3 twice, as its entries 1 and 2'],
  ['that lead out', [65_535, 5], 1, 'holds position 65540 as its entry 1, outside w'],
  ['that add up past I32', Array<number>(40_000).fill(65_534), 40_000, 'entry 1, outside w'],
  ['without a position', [3, 65_535], 2, 'holds 1 positions, and w.values 2 values'],
];

for (const [what, gaps, kept, says] of badGaps)
  test(`gaps ${what} are refused`, async () => {
    await expect(check(coded(Uint16Array.from(gaps), 'U16', kept), 10)).rejects.toMatchObject({
      kind: 'BadFile',
      message: expect.stringMatching(new RegExp(`${name}: w.gaps .*${says}`)),
    });
  });

test('a fault at the seam of two blocks is found', async () => {
  const positions = Array.from({ length: blockCodes + 1 }, (_, i) => i);
  positions[blockCodes] = blockCodes - 1;
  await expect(check(patchOf(positions), 2 * blockCodes)).rejects.toThrow(/twice/);
});

test('a cancelled check stops', async () => {
  const { patch, source } = patchOf([1]);
  const stop = new AbortController();
  stop.abort();
  await expect(
    checkPositions(source, patch, baseOf(2), { signal: stop.signal }),
  ).rejects.toMatchObject({ kind: 'Cancelled' });
});

test('a file that shrank is told', async () => {
  const { patch } = patchOf([1, 2]);
  const source = { path: name, blob: new Blob([Int32Array.of(1)]) };
  await expect(checkPositions(source, patch, baseOf(4), { signal })).rejects.toThrow(/shorter/);
});

test('on its base a patch has the base’s tensors', () => {
  const { tensors, files } = patchedIndex(name, own, patchOf([1]).patch, baseOf(10));
  expect(files).toBe(own.files);
  expect(tensors).toEqual([
    { name: 'ids', dtype: 'I64', shape: [2], file: 0, start: 0, end: 16 },
    { name: 'w', dtype: 'F32', shape: [10], file: 0, start: 0, end: 40 },
  ]);
});

test('a tensor of two dtypes takes one that holds the values of both', () => {
  const dtypeOf = (base: DType, values: MergeableDType) =>
    patchedIndex(name, own, patchOf([1], values).patch, baseOf(10, base)).tensors[1]?.dtype;
  expect(dtypeOf('BF16', 'BF16')).toBe('BF16');
  expect(dtypeOf('BF16', 'F16')).toBe('F32');
  expect(dtypeOf('F32', 'F16')).toBe('F32');
  expect(dtypeOf('F64', 'F16')).toBe('F64');
});

test('a tensor that the base lacks, or has smaller, is refused', () => {
  const lay = (patch: Patch, elements: number) => () =>
    patchedIndex(name, own, patch, baseOf(elements));
  expect(lay(patchOf([1], 'F32', 'v').patch, 9)).toThrow(/weights of v, a tensor that the base/);
  expect(lay(patchOf([0, 1, 2]).patch, 2)).toThrow(/3 positions of w, which has 2 weights/);
});
