import { beforeEach, expect, test, vi } from 'vitest';
import { getCheckpoint, listCheckpoints } from './checkpoints.ts';
import { read, write } from './db.ts';
import { identify } from './identify.ts';
import { ingest, ingestInPlace } from './ingest.ts';
import { placedTrouble } from './placed.ts';
import { createFileReader, createReader } from './reader.ts';
import {
  allKeys,
  emptyStore,
  ingested,
  KiB,
  openedOf,
  plainId,
  privateFile,
  randomBytes,
  tensorOf,
} from '../test/store.ts';
import type { CheckpointRecord, StoredCheckpoint } from './checkpoints.ts';

const { signal } = new AbortController();
const sizes = { sliceBytes: 64 * KiB, chunkBytes: 16 * KiB };

beforeEach(emptyStore);

/** A checkpoint in place, named like its one file of these bytes. */
async function place(name: string, bytes: Uint8Array<ArrayBuffer>) {
  const file = await privateFile(name);
  await file.rewrite(bytes);
  const opened = openedOf(name, [await file.handle.getFile()]);
  const id = await ingestInPlace(opened, [file.handle], sizes);
  const checkpoint = (await getCheckpoint(id))!;
  return { ...file, opened, id, checkpoint };
}

const trouble = ({ placed, ...checkpoint }: StoredCheckpoint) =>
  placedTrouble({ ...checkpoint, placed: placed! });

const readAllOf = (checkpoint: StoredCheckpoint) =>
  createReader(checkpoint).read(tensorOf(checkpoint), 0, checkpoint.bytes);

test('files in place are read where they lie, none of their bytes are stored, and the content id is that of a copy', async () => {
  const bytes = randomBytes(300 * KiB + 13);
  const { id, checkpoint } = await place('model', bytes);
  expect(await allKeys()).toEqual([`checkpoint/${id}`, `index/${id}`]);
  expect(await readAllOf(checkpoint)).toEqual(bytes);
  const across = await createFileReader(checkpoint).rangeBlob(0, 64 * KiB - 1, 64 * KiB + 1);
  const expected = bytes.slice(64 * KiB - 1, 64 * KiB + 1);
  expect(new Uint8Array(await across.arrayBuffer())).toEqual(expected);
  const known = await identify(id, signal);
  expect(known.id).toBe(await plainId([bytes], 16 * KiB));
  expect(await allKeys()).toEqual([`checkpoint/${known.id}`, `index/${id}`]);
  expect(await trouble(known)).toBeNull();
});

test('a file in place that changed, by size, date or bytes, is refused by name, and others stay', async () => {
  const bytes = randomBytes(3000 * KiB);
  const other = await ingested(openedOf('other', [new File([bytes], 'other')]), { signal });
  const { checkpoint, rewrite } = await place('model', bytes);
  const refused = async (each: StoredCheckpoint) => {
    await expect(readAllOf(each)).rejects.toMatchObject({
      kind: 'BadFile',
      message: expect.stringMatching(/“model” changed since “model” was added.*delete “model”/),
    });
  };
  // The same size and, by the record, the same date: a sample of the bytes tells.
  for (const at of [0, 3000 * KiB - 1]) {
    const altered = bytes.slice();
    altered[at]! ^= 1;
    await rewrite(altered);
    const { lastModified } = await checkpoint.placed![0]!.handle.getFile();
    const placed = [{ ...checkpoint.placed![0]!, lastModified }];
    expect(await trouble({ ...checkpoint, placed })).toBeNull();
    await refused({ ...checkpoint, placed });
    await refused(checkpoint);
    expect(await trouble(checkpoint)).toMatchObject({ kind: 'BadFile' });
  }
  await rewrite(bytes.slice(1));
  await refused(checkpoint);
  await expect(identify(checkpoint.id, signal)).rejects.toMatchObject({ kind: 'BadFile' });
  expect(await readAllOf(other)).toEqual(bytes);
  expect((await listCheckpoints()).length).toBe(2);
});

test('a file in place that is gone, or may not be read, says so with the remedy', async () => {
  const { checkpoint, remove } = await place('model', randomBytes(100 * KiB));
  const query = vi.spyOn(FileSystemHandle.prototype, 'queryPermission');
  query.mockResolvedValue('prompt');
  const asked = {
    kind: 'Incompatible',
    message: expect.stringMatching(/asks anew before it reads “model”.*Allow reading/),
  };
  await expect(readAllOf(checkpoint)).rejects.toMatchObject(asked);
  expect(await trouble(checkpoint)).toMatchObject(asked);
  query.mockRestore();
  expect(await trouble(checkpoint)).toBeNull();
  await remove();
  const gone = {
    kind: 'BadFile',
    message: expect.stringMatching(/“model” was not found: .*moved or deleted.*Put the file back/),
  };
  await expect(readAllOf(checkpoint)).rejects.toMatchObject(gone);
  expect(await trouble(checkpoint)).toMatchObject(gone);
});

test('a file in place that changes while it is read is told', async () => {
  const { checkpoint, rewrite } = await place('model', randomBytes(2000 * KiB));
  const reader = createReader(checkpoint);
  const far = () => reader.read(tensorOf(checkpoint), 1000 * KiB, 2000 * KiB);
  expect((await far()).length).toBe(1000 * KiB);
  await rewrite(randomBytes(2000 * KiB));
  await expect(far()).rejects.toMatchObject({
    kind: 'BadFile',
    message: expect.stringMatching(/used in place, and tensor model could not be read/),
  });
});

test('a file that changed between opening and adding is refused', async () => {
  const { handle, rewrite } = await privateFile('model');
  await rewrite(randomBytes(100 * KiB));
  const opened = openedOf('model', [await handle.getFile()]);
  await rewrite(randomBytes(100 * KiB));
  await expect(ingestInPlace(opened, [handle], sizes)).rejects.toMatchObject({
    kind: 'BadFile',
    message: expect.stringMatching(/Pick it again/),
  });
  expect(await allKeys()).toEqual([]);
});

test('of the same weights copied and in place the copy is kept, whichever came first', async () => {
  const bytes = randomBytes(200 * KiB);
  const copied = await ingested(openedOf('copied', [new File([bytes], 'copied')]), {
    ...sizes,
    signal,
  });
  const keys = await allKeys();
  const inPlace = await place('placed', bytes);
  const after = await identify(inPlace.id, signal);
  expect(after).toMatchObject({ id: copied.id, name: 'copied', copy: copied.copy });
  expect(await allKeys()).toEqual(keys);

  await emptyStore();
  const first = await identify((await place('placed', bytes)).id, signal);
  const id = await ingest(openedOf('copied', [new File([bytes], 'copied')]), { ...sizes, signal });
  const { placed, name } = await identify(id, signal);
  expect([placed, name]).toEqual([undefined, 'placed']);
  expect(await readAllOf((await getCheckpoint(first.id))!)).toEqual(bytes);
});

test('adding files in place again, where they are now, mends a checkpoint whose files moved', async () => {
  const bytes = randomBytes(200 * KiB);
  const old = await place('before', bytes);
  const lost = await identify(old.id, signal);
  await old.remove();
  await expect(readAllOf(lost)).rejects.toMatchObject({ kind: 'BadFile' });
  const moved = await place('after', bytes);
  const after = await identify(moved.id, signal);
  expect(after).toMatchObject({ id: lost.id, name: 'before', addedAt: lost.addedAt });
  expect(await readAllOf(after)).toEqual(bytes);
});

test('handles outlast the page: a record read back from storage still opens its file', async () => {
  const bytes = randomBytes(50 * KiB);
  const { id } = await place('model', bytes);
  const record = await read<CheckpointRecord>(['checkpoint', id]);
  await write({ put: [[['checkpoint', id], record]] });
  expect(await readAllOf((await getCheckpoint(id))!)).toEqual(bytes);
});
