import { beforeEach, expect, test } from 'vitest';
import { deleteRun, getPart, getRun, listRuns, putParts, withRun } from './runs.ts';
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
  expect(await bytes(getPart('r', 'out', 0))).toEqual(first);
  expect(await bytes(getPart('r', 'out', 1))).toEqual(second);
  expect(await bytes(getPart('r', 'mask', 0))).toEqual(mask);
  expect(await getRun<Run>('r')).toEqual({ id: 'r', done: 3 });
  expect(await getRun('other')).toBeUndefined();
});

test('a part of a view holds the bytes of the view alone', async () => {
  const whole = randomBytes(1000);
  const data = whole.subarray(100, 300);
  await putParts('r', [{ kind: 'out', number: 0, data }], { id: 'r' });
  const stored = await (await getPart('r', 'out', 0)).arrayBuffer();
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
  await expect(getPart('a', 'out', 0)).rejects.toMatchObject({
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
