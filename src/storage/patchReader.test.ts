import { expect, test } from 'vitest';
import { blockCodes, type Patch } from '../formats/patchFile.ts';
import { patchedIndex } from '../formats/patchOnBase.ts';
import { dtypeBits, type MergeableDType } from '../tensor/dtype.ts';
import type { TensorIndex, TensorReader } from '../tensor/tensorIndex.ts';
import { patchReader } from './patchReader.ts';

interface Case {
  elements: number;
  base: ArrayBufferView<ArrayBuffer>;
  baseDtype?: MergeableDType;
  positions: readonly number[];
  values: ArrayBufferView<ArrayBuffer>;
  dtype?: MergeableDType;
  /** In place of the positions as they are, and where their blocks start. */
  gaps?: Uint8Array<ArrayBuffer>;
  blocks?: { from: number; first: number }[];
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView<ArrayBuffer>) =>
  new Uint8Array(buffer, byteOffset, byteLength);

const blocksOf = (positions: readonly number[]) =>
  positions.flatMap((_, first) =>
    first % blockCodes === 0 ? [{ from: positions[first - 1] ?? 0, first }] : [],
  );

/** A reader of tensor w with a patch on it, the patched tensor, and the most bytes it asked for at once. */
function lay(given: Case) {
  const { elements, base, baseDtype = 'F32', positions, values, dtype = 'F32', gaps } = given;
  const blocks = given.blocks ?? blocksOf(positions);
  const kept = positions.length;
  const codes = gaps ?? Int32Array.from(positions);
  const size = dtypeBits[dtype] / 8;
  const entry = {
    ...{ name: 'w', dtype, kept },
    positions: {
      ...{ name: gaps ? 'w.gaps' : 'w.indices', file: 0, start: 0, end: codes.byteLength },
      dtype: gaps ? ('U8' as const) : ('I32' as const),
      shape: [codes.length],
    },
    values: { name: 'w.values', dtype, shape: [kept], file: 0, start: 0, end: size * kept },
    blocks,
  };
  const patch: Patch = { base: 'b', task: 'mood', settings: '{}', entries: [entry] };
  const index: TensorIndex = {
    files: [],
    tensors: [{ name: 'w', dtype: baseDtype, shape: [elements], file: 0, start: 0, end: 0 }],
    metadata: {},
  };
  let most = 0;
  const own: TensorReader = {
    read({ name }, start, end) {
      most = Math.max(most, end - start);
      const bytes = bytesOf(name === 'w.values' ? values : codes).slice(start, end);
      return Promise.resolve(bytes);
    },
  };
  const reader: TensorReader = {
    read: (_, start, end) => Promise.resolve(bytesOf(base).slice(start, end)),
  };
  const laid = patchReader('p', patch, own, () => Promise.resolve({ index, reader }));
  const [tensor] = patchedIndex('p', index, patch, index).tensors;
  return { laid, tensor: tensor!, most: () => most };
}

test('a read holds the base’s bits, and the patch’s where it has positions', async () => {
  const { laid, tensor } = lay({
    elements: 8,
    base: Float32Array.from([0, 1, 2, 3, 4, 5, 6, 7]),
    positions: [0, 3, 7],
    values: Uint32Array.of(0x7fc00001, 0x80000000, 0x3f800000),
  });
  const read = async (from: number, to: number) => [
    ...new Uint32Array((await laid.read(tensor, 4 * from, 4 * to)).buffer),
  ];
  const word = (x: number) => new Uint32Array(Float32Array.of(x).buffer)[0];
  const whole = [0x7fc00001, ...[1, 2].map(word), 0x80000000, ...[4, 5, 6].map(word), 0x3f800000];
  expect(await read(0, 8)).toEqual(whole);
  expect(await read(3, 7)).toEqual(whole.slice(3, 7));
  expect(await read(4, 4)).toEqual([]);
});

test('mask words have a bit for every position', async () => {
  const elements = 100;
  const { laid } = lay({
    ...{ elements, base: new Float32Array(elements), positions: [0, 31, 32, 64, 99] },
    values: new Float32Array(5),
  });
  expect(await laid.maskWords?.('w', 0, 4)).toEqual(Uint32Array.of(0x80000001, 1, 1, 8));
  expect(await laid.maskWords?.('w', 1, 3)).toEqual(Uint32Array.of(1, 1));
  expect(await laid.maskWords?.('other', 0, 2)).toEqual(Uint32Array.of(0, 0));
});

test('any range over many blocks is right, with one block in memory', async () => {
  const elements = 5 * blockCodes;
  const positions = Array.from({ length: 2 * blockCodes + 5 }, (_, i) => 2 * i + 1);
  const { laid, tensor, most } = lay({
    elements,
    base: new Float32Array(elements),
    positions,
    values: Float32Array.from(positions),
  });
  const seam = 2 * blockCodes;
  const last = positions.at(-1)!;
  for (const [from, to] of [
    ...[
      [0, 10],
      [seam - 4, seam + 6],
      [2 * seam - 3, 2 * seam + 3],
    ],
    ...[
      [2 * seam + 8, 2 * seam + 40],
      [seam - 65_536, seam + 65_536],
      [elements - 9, elements],
    ],
  ] as [number, number][]) {
    const read = new Float32Array((await laid.read(tensor, 4 * from, 4 * to)).buffer);
    const value = (k: number) => (k % 2 === 1 && k <= last ? k : 0);
    expect(read.length).toBe(to - from);
    expect(read.findIndex((x, i) => x !== value(from + i))).toBe(-1);
  }
  expect(most()).toBeLessThanOrEqual(4 * blockCodes);
});

test('positions as gaps are those positions, in any range', async () => {
  const gaps = new Uint8Array(blockCodes + 2).fill(2);
  gaps.set([0, 255, 255, 6]);
  const positions = [0, 516, ...Array.from({ length: blockCodes - 2 }, (_, i) => 518 + 2 * i)];
  const { laid, tensor } = lay({
    elements: 3 * blockCodes,
    base: new Float32Array(3 * blockCodes),
    ...{ positions, values: Float32Array.from(positions, (k) => k + 0.5), gaps },
    blocks: [
      { from: 0, first: 0 },
      { from: 516 + 2 * (blockCodes - 4), first: blockCodes - 2 },
    ],
  });
  const seam = 516 + 2 * (blockCodes - 4);
  for (const [from, to] of [
    [0, 600],
    [1, 516],
    [516, 519],
    [seam, seam + 1],
    [seam - 3, seam + 9],
    [seam + 5, 3 * blockCodes],
  ] as const) {
    const read = new Float32Array((await laid.read(tensor, 4 * from, 4 * to)).buffer);
    const held = new Set(positions);
    const value = (k: number) => (held.has(k) ? k + 0.5 : 0);
    expect(read.findIndex((x, i) => x !== value(from + i))).toBe(-1);
  }
});

test('values and base of two dtypes meet in one that holds both exactly', async () => {
  const { laid, tensor } = lay({
    elements: 3,
    base: Uint16Array.of(0x3f80, 0x4000, 0x4040),
    baseDtype: 'BF16',
    positions: [1],
    values: Uint16Array.of(0x3555),
    dtype: 'F16',
  });
  const read = await laid.read(tensor, 0, 12);
  expect([...new Float32Array(read.buffer)]).toEqual([1, 0.333251953125, 3]);
});
