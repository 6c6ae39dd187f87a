import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import {
  addBase,
  deleteCheckpoint,
  getBase,
  getCheckpoint,
  listCheckpoints,
  renameCheckpoint,
  setBase,
  uniqueName,
  useCheckpoints,
} from './checkpoints.ts';
import { write } from './db.ts';
import type { IngestOptions } from './ingest.ts';
import { keysUnder, type Key } from './keys.ts';
import { createReader } from './reader.ts';
import { onLibraryChange } from './tabs.ts';
import {
  allKeys,
  emptyStore,
  ingested,
  KiB,
  openedOf,
  randomBytes,
  tensorOf,
} from '../test/store.ts';

const { signal } = new AbortController();
const small: IngestOptions = { signal, sliceBytes: 64 * KiB, chunkBytes: 16 * KiB };

beforeEach(emptyStore);

const add = (name: string) =>
  ingested(openedOf(name, [new File([randomBytes(150 * KiB)], 'model')]), small);

test('a stored checkpoint keeps its index and the bytes of its side files', async () => {
  const readme = { path: 'one/README.md', blob: new File(['# One'], 'README.md') };
  const opened = openedOf('one', [new File([randomBytes(100)], 'model')], [readme]);
  const { index, sideFiles, architecture } = await ingested(opened, small);
  expect(index).toEqual(opened.index);
  expect(architecture).toBeNull();
  expect(sideFiles.map(({ path }) => path)).toEqual(['one/README.md']);
  expect(await sideFiles[0]?.blob.text()).toBe('# One');
});

test('an index is read from storage once, whatever is changed of its checkpoint', async () => {
  const { id, copy, index } = await add('one');
  const read = vi.spyOn(IDBObjectStore.prototype, 'get');
  onTestFinished(() => read.mockRestore());
  await renameCheckpoint(id, 'first');
  await setBase(id);
  await useCheckpoints([id], async ([used]) =>
    expect(used).toMatchObject({ name: 'first', index }),
  );
  expect((await listCheckpoints()).map(({ index }) => index)).toEqual([index]);
  const keys = read.mock.calls.map(([key]) => String(key));
  expect(keys.filter((key) => key.startsWith('index')).length).toBeLessThanOrEqual(1);
  // Another tab, which has read none, finds it in storage.
  expect((await allKeys()).filter((key) => key.startsWith('index'))).toEqual([`index/${copy.id}`]);
});

test('a checkpoint that an earlier version stored, its index with it, is read and changed as before', async () => {
  const { index, ...record } = await add('one');
  await write({
    remove: [keysUnder('index')],
    put: [[['checkpoint', record.id], { ...record, copy: { ...record.copy, id: 'old' }, index }]],
  });
  expect(await listCheckpoints()).toMatchObject([{ name: 'one', index }]);
  await renameCheckpoint(record.id, 'first');
  expect(await getCheckpoint(record.id)).toMatchObject({ name: 'first', index });
  expect(await allKeys()).toContain('index/old');
});

test('a side file over its limit is refused before anything is stored', async () => {
  const big = { path: 'one/big.bin', blob: new Blob([new Uint8Array(64e6 + 1)]) };
  const opened = openedOf('one', [new File([randomBytes(100)], 'model')], [big]);
  const message = expect.stringContaining('one/big.bin');
  await expect(ingested(opened, small)).rejects.toMatchObject({ kind: 'BadFile', message });
  expect(await allKeys()).toEqual([]);
});

test('a name that is taken gets a number when added, and is refused when renaming', async () => {
  const first = await add('model');
  const second = await add('model');
  expect(second.name).toBe('model-2');
  await expect(renameCheckpoint(second.id, ' model ')).rejects.toMatchObject({
    message: expect.stringContaining('named “model” already'),
  });
  await renameCheckpoint(second.id, 'sentiment');
  await renameCheckpoint(first.id, 'model');
  const names = (await listCheckpoints()).map(({ name }) => name);
  expect(names).toEqual(['model', 'sentiment']);
});

test('the first free number makes a name unique', () => {
  expect(uniqueName('a', ['b'])).toBe('a');
  expect(uniqueName('a', ['a', 'a-2', 'a-4'])).toBe('a-3');
});

test('a base stays marked while another is current, and a second one is marked beside it', async () => {
  const [first, second] = [await add('first'), await add('second')];
  const now = vi.spyOn(Date, 'now');
  onTestFinished(() => now.mockRestore());
  const marks = async () => (await listCheckpoints()).map(({ baseSince }) => baseSince);
  now.mockReturnValue(first.addedAt + 1000);
  await setBase(first.id);
  now.mockReturnValue(first.addedAt + 2000);
  await addBase(second.id);
  expect(await marks()).toEqual([first.addedAt + 1000, first.addedAt + 2000]);
  expect(await getBase()).toBe(first.id);
  now.mockReturnValue(first.addedAt + 3000);
  await addBase(first.id);
  await setBase(second.id);
  expect(await marks()).toEqual([first.addedAt + 1000, first.addedAt + 3000]);
  expect(await getBase()).toBe(second.id);
});

test('deleting a checkpoint removes each of its keys, the base mark too, and no other', async () => {
  const kept = await add('kept');
  const keys = await allKeys();
  const gone = await add('gone');
  await setBase(gone.id);
  expect(await getBase()).toBe(gone.id);
  await deleteCheckpoint(gone.id);
  expect(await allKeys()).toEqual(keys);
  expect(await getBase()).toBeNull();
  expect(await getCheckpoint(kept.id)).toEqual(kept);
});

test('a checkpoint in use is not deleted, and is once its last user ends', async () => {
  const { id } = await add('busy');
  const other = await add('other');
  await useCheckpoints([id, other.id, id], async (checkpoints) => {
    expect(checkpoints.map(({ name }) => name)).toEqual(['busy', 'other', 'busy']);
    await useCheckpoints([id], async () => {
      await expect(deleteCheckpoint(id)).rejects.toMatchObject({
        kind: 'Unsupported',
        message: expect.stringContaining('“busy” is in use'),
      });
    });
    await expect(deleteCheckpoint(id)).rejects.toMatchObject({ kind: 'Unsupported' });
  });
  await deleteCheckpoint(id);
  expect((await listCheckpoints()).map(({ name }) => name)).toEqual(['other']);
});

test('using a checkpoint that the library lacks says so', async () => {
  await expect(useCheckpoints(['abc'], async () => 1)).rejects.toMatchObject({
    kind: 'Incompatible',
    message: expect.stringContaining('abc'),
  });
});

test('a change of the library reaches other listeners', async () => {
  const { id } = await add('heard');
  const heard = new Promise<void>((resolve) => onTestFinished(onLibraryChange(resolve)));
  await renameCheckpoint(id, 'renamed');
  await heard;
});

test('a stored copy with a missing or short slice is called damaged, with the bytes concerned', async () => {
  const checkpoint = await add('torn');
  const read = () => createReader(checkpoint).read(tensorOf(checkpoint), 60 * KiB, 70 * KiB);
  expect((await read()).length).toBe(10 * KiB);
  const key: Key = ['slice', checkpoint.copy.id, 0, 1];
  await write({ put: [[key, { blob: new Blob(['short']) }]] });
  const message = expect.stringMatching(
    /“torn” is damaged: model, bytes 65536 to 131072 are too short/,
  );
  await expect(read()).rejects.toMatchObject({ kind: 'BadFile', message });
  await write({ remove: [key] });
  await expect(read()).rejects.toMatchObject({
    kind: 'BadFile',
    message: expect.stringMatching(/are missing/),
  });
});
