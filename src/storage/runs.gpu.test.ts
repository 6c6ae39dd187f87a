import { beforeEach, expect, test } from 'vitest';
import { write } from './db.ts';
import type { Key } from './keys.ts';
import { deleteRun, getRun, listRuns, openParts, partNotes, putParts, withRun } from './runs.ts';
import { allKeys, emptyStore, randomBytes } from '../test/store.ts';

interface Run {
  done: number;
}

beforeEach(emptyStore);

test('parts and the record that counts them come back as they were put', async () => {
  const [first, second, mask] = [randomBytes(3000), randomBytes(70_000), randomBytes(9)];
  await putParts<Run>('r', [{ kind: 'out', number: 0, data: first }], { id: 'r', done: 1 });
  await putParts<Run>(
    'r',
    [
      { kind: 'out', number: 1, data: new Blob([second]) },
      { kind: 'mask', number: 0, data: mask },
    ],
    { id: 'r', done: 3 },
  );
  const bytes = async (blob: Promise<Blob>) => new Uint8Array(await (await blob).arrayBuffer());
  expect(await bytes(openParts('r', 'out')(0))).toEqual(first);
  expect(await bytes(openParts('r', 'out')(1))).toEqual(second);
  expect(await bytes(openParts('r', 'mask')(0))).toEqual(mask);
  expect(await getRun<Run>('r')).toEqual({ id: 'r', done: 3 });
  expect(await getRun('other')).toBeUndefined();
});

test('parts stored together are told apart, with what is noted of them', async () => {
  const [a, b, mask] = [randomBytes(5), randomBytes(70_000), randomBytes(9)];
  const out = (number: number, data: typeof a) => ({ kind: 'out', number, data }) as const;
  const noted = { kind: 'mask', number: 7, data: mask, note: { kept: [3] } } as const;
  await putParts('r', [out(6, a), noted, out(7, b)], { id: 'r' });
  await putParts('r', [out(8, a)], { id: 'r' });
  const bytes = async (blob: Blob) => new Uint8Array(await blob.arrayBuffer());
  const partOf = openParts('r', 'out');
  for (const [number, data] of [
    [7, b],
    [6, a],
    [8, a],
    [7, b],
  ] as const)
    expect(await bytes(await partOf(number))).toEqual(data);
  for (const number of [5, 9])
    await expect(partOf(number)).rejects.toMatchObject({ kind: 'BadFile' });
  await expect(openParts('r', 'mask')(6)).rejects.toMatchObject({ kind: 'BadFile' });
  expect(await partNotes('r', 'mask')).toEqual(new Map([[7, { kept: [3] }]]));
  expect(await partNotes('r', 'out')).toEqual(new Map());
});

test('parts that lie in one buffer, in a row or not, are told apart', async () => {
  const all = randomBytes(100);
  const spans = [
    [0, 10],
    [10, 30],
    [40, 50],
    [30, 40],
    [40, 60],
  ] as const;
  const parts = spans.map(([from, to], number) => {
    return { kind: 'out', number, data: all.subarray(from, to) } as const;
  });
  await putParts('r', parts, { id: 'r' });
  const partOf = openParts('r', 'out');
  for (const [number, span] of spans.entries())
    expect(await (await partOf(number)).bytes()).toEqual(all.slice(...span));
});

test('a part whose stored bytes are too few is told', async () => {
  const two = [0, 1].map((number) => ({ kind: 'out', number, data: randomBytes(100) }) as const);
  await putParts('r', two, { id: 'r' });
  const parts = [
    { number: 0, end: 100 },
    { number: 1, end: 200 },
  ];
  await write({ put: [[['part', 'r', 'out', 0], { blob: new Blob([randomBytes(150)]), parts }]] });
  expect((await openParts('r', 'out')(0)).size).toBe(100);
  await expect(openParts('r', 'out')(1)).rejects.toMatchObject({
    kind: 'BadFile',
    message: expect.stringMatching(/its out part 1 is too short\. Delete the result/),
  });
});

test('parts that an earlier version stored, a Blob each, are read as before', async () => {
  const [a, b] = [randomBytes(5), randomBytes(9)];
  const put = [a, b].map((data, number): [Key, Blob] => [
    ['part', 'r', 'out', number],
    new Blob([data]),
  ]);
  await write({ put });
  const read = await openParts('r', 'out')(1);
  expect(new Uint8Array(await read.arrayBuffer())).toEqual(b);
  await expect(openParts('r', 'out')(2)).rejects.toMatchObject({ kind: 'BadFile' });
  expect(await partNotes('r', 'out')).toEqual(new Map());
});

test('a part of a view holds the bytes of the view alone', async () => {
  const whole = randomBytes(1000);
  const data = whole.subarray(100, 300);
  await putParts('r', [{ kind: 'out', number: 0, data }], { id: 'r' });
  const stored = await (await openParts('r', 'out')(0)).arrayBuffer();
  expect(new Uint8Array(stored)).toEqual(whole.slice(100, 300));
});

test('a record that cannot be stored takes its parts with it', async () => {
  const part = { kind: 'out', number: 0, data: randomBytes(10) } as const;
  await expect(putParts('r', [part], { id: 'r', done: () => 1 })).rejects.toThrow();
  expect(await allKeys()).toEqual([]);
});

test('deleting a run frees its parts and no other run’s', async () => {
  const part = { kind: 'out', number: 0, data: randomBytes(10) } as const;
  await putParts<Run>('a', [part], { id: 'a', done: 1 });
  await putParts<Run>('ab', [part], { id: 'ab', done: 2 });
  expect(await listRuns<Run>()).toEqual([
    { id: 'a', done: 1 },
    { id: 'ab', done: 2 },
  ]);
  await deleteRun('a');
  expect(await allKeys()).toEqual(['part/ab/out/0', 'run/ab']);
  await expect(openParts('a', 'out')(0)).rejects.toMatchObject({
    kind: 'BadFile',
    message: expect.stringContaining('out part 0 is missing'),
  });
});

test('a run at work is neither started twice nor deleted', async () => {
  await withRun('r', async () => {
    await expect(withRun('r', async () => 1)).rejects.toMatchObject({ kind: 'Unsupported' });
    await expect(deleteRun('r')).rejects.toMatchObject({ kind: 'Unsupported' });
    expect(await withRun('other', async () => 2)).toBe(2);
  });
  expect(await withRun('r', async () => 3)).toBe(3);
});
