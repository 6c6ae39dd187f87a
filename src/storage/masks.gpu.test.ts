import { beforeEach, expect, test } from 'vitest';
import { deleteCheckpoint } from './checkpoints.ts';
import { addData, deleteData, filesOf, listData, requireData } from './dataSets.ts';
import { write } from './db.ts';
import { getMask, putMask, readMaskWords, type MaskFacts } from './masks.ts';
import { createSnapshots, sweepSnapshots, withSearch } from './snapshots.ts';
import { allKeys, emptyStore, ingested, openedOf, randomBytes } from '../test/store.ts';

beforeEach(emptyStore);

const facts: MaskFacts = {
  ...{ id: 'm1', base: 'b', tuned: 't', preset: 'scaled', settings: {}, scope: 64, kept: 3 },
  ...{ steps: 2, losses: [1, 0.5], seconds: 1, notes: [] },
};

test('words of a mask come back by tensor and range, zeros where it holds none', async () => {
  const words = new Map([
    ['a', Uint32Array.of(1, 2, 3)],
    ['c', Uint32Array.of(4, 5)],
  ]);
  await putMask(facts, words);
  const mask = await getMask('m1');
  if (!mask) throw new Error('Nothing was stored.');
  expect(mask).toMatchObject(facts);
  expect([...(await readMaskWords(mask, 'a', 1, 3))]).toEqual([2, 3]);
  expect([...(await readMaskWords(mask, 'c', 0, 2))]).toEqual([4, 5]);
  expect([...(await readMaskWords(mask, 'b', 0, 2))]).toEqual([0, 0]);
  await expect(readMaskWords(mask, 'a', 1, 4)).rejects.toThrow(/is damaged at a/);
});

test('masks go with a checkpoint they belong to', async () => {
  const file = new File([randomBytes(2048)], 'model.safetensors');
  const { id } = await ingested(openedOf('tuned', [file]), {
    signal: new AbortController().signal,
  });
  await putMask({ ...facts, id: 'm2', tuned: id }, new Map());
  await putMask(facts, new Map());
  await deleteCheckpoint(id);
  expect(await allKeys()).toEqual(['mask/m1']);
});

test('a snapshot is whole until the next one is committed', async () => {
  const first = createSnapshots<{ step: number }>('s');
  expect(await first.read()).toBeNull();
  await first.put('S', Uint8Array.of(1));
  await first.commit({ step: 1 });
  await first.put('S', Uint8Array.of(2));

  const after = createSnapshots<{ step: number }>('s');
  expect(await after.read()).toEqual({ step: 1 });
  expect([...(await after.part('S'))]).toEqual([1]);
  expect(await allKeys()).toHaveLength(2);
  await after.put('S', Uint8Array.of(3));
  await after.commit({ step: 2 });
  expect([...(await after.part('S'))]).toEqual([3]);
  expect(await allKeys()).toHaveLength(2);
  await expect(after.part('v')).rejects.toThrow(/lacks v/);
  await after.drop();
  expect(await allKeys()).toEqual([]);
});

test('sweeping deletes stray parts and old snapshots, and leaves a search under way alone', async () => {
  const kept = createSnapshots<{ step: number }>('kept');
  await kept.put('S', Uint8Array.of(1));
  await kept.commit({ step: 1 });
  await createSnapshots('stray').put('S', Uint8Array.of(1));
  const busy = createSnapshots('busy');
  await withSearch('busy', async () => {
    await busy.put('S', Uint8Array.of(1));
    expect(await sweepSnapshots()).toBe(1);
    await expect(withSearch('busy', () => Promise.resolve())).rejects.toThrow(/another tab/);
  });
  expect(await allKeys()).toHaveLength(3);
  const record = { id: 'kept', slot: '', snapshot: {}, touchedAt: 0 };
  await write({ put: [[['snapshot', 'kept'], record]] });
  expect(await sweepSnapshots()).toBe(3);
  expect(await allKeys()).toEqual([]);
});

test('data are kept under their path, with an id by content', async () => {
  const blob = new Blob(['text\nfine\n']);
  const { id } = await addData('sst2/train.csv', 'table', [{ path: 'train.csv', blob }]);
  const again = await addData('other.csv', 'table', [{ path: 'renamed.csv', blob }]);
  expect(again.id).toBe(id);
  const changed = await addData('other.csv', 'table', [{ path: 'o.csv', blob: new Blob(['x']) }]);
  expect(changed.id).not.toBe(id);
  expect((await listData()).map(({ name }) => name)).toEqual(['other.csv', 'sst2/train.csv']);
  expect(await (await requireData('other.csv')).blob.text()).toBe('x');
  await deleteData('other.csv');
  await expect(requireData('other.csv')).rejects.toThrow(/no data named “other.csv”/);
  const empty = addData('e', 'text', [{ path: 'e', blob: new Blob() }]);
  await expect(empty).rejects.toThrow(/is empty/);
});

test('a folder of files is one Blob, read by file', async () => {
  const files = ['b/2.png', 'a/1.png'].map((path) => ({ path, blob: new Blob([path]) }));
  const stored = await addData('set', 'images', files);
  const found = filesOf(await requireData('set'));
  expect(found.map(({ path }) => path)).toEqual(['a/1.png', 'b/2.png']);
  expect(await Promise.all(found.map(({ blob }) => blob.text()))).toEqual(['a/1.png', 'b/2.png']);
  const reversed = await addData('set', 'images', files.toReversed());
  expect(reversed.id).toBe(stored.id);
});
