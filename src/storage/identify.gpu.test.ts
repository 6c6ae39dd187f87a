import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import {
  deleteCheckpoint,
  getBase,
  getCheckpoint,
  listCheckpoints,
  renameCheckpoint,
  setBase,
  type StoredCheckpoint,
  useCheckpoints,
} from './checkpoints.ts';
import { write } from './db.ts';
import { checkCopy } from './checkCopy.ts';
import { identify, identifyAll, identifyInPauses } from './identify.ts';
import { ingest, type IngestOptions } from './ingest.ts';
import { createFileReader, createReader } from './reader.ts';
import { wholeBytes } from './sliceCheck.ts';
import { sweep } from './sweep.ts';
import {
  allKeys,
  emptyStore,
  KiB,
  openedOf,
  plainId,
  randomBytes,
  tensorOf,
} from '../test/store.ts';

const { signal } = new AbortController();
const small: IngestOptions = { signal, sliceBytes: 64 * KiB, chunkBytes: 16 * KiB };

beforeEach(emptyStore);

const copy = (name: string, bytes: Uint8Array<ArrayBuffer>) =>
  ingest(openedOf(name, [new File([bytes], name)]), small);

test('a copy is listed, renamed, made the base and read before its content id is known, and keeps all that', async () => {
  const bytes = randomBytes(200 * KiB);
  const id = await copy('one', bytes);
  const before = await getCheckpoint(id);
  expect(before).toMatchObject({ id, name: 'one', hashing: { chunkBytes: 16 * KiB } });
  expect(await createReader(before!).read(tensorOf(before!), 0, 200 * KiB)).toEqual(bytes);
  await setBase(id);
  await renameCheckpoint(id, 'first');

  const after = await identify(id, signal);
  const { hashing: _, ...kept } = { ...before!, name: 'first', formerIds: [id] };
  expect(after).toEqual({
    ...kept,
    id: await plainId([bytes], 16 * KiB),
    hashed: { chunkBytes: 16 * KiB },
    baseSince: expect.any(Number),
  });
  expect(await listCheckpoints()).toEqual([after]);
  expect(await getBase()).toBe(after.id);
  expect(await getCheckpoint(id)).toEqual(after);
  // They are kept, to tell later whether the copy is as it was.
  const digests = (await allKeys()).filter((key) => key.startsWith('digests'));
  expect(digests.length).toBe(4);
  // What the page still knows by its former id may be changed by it.
  await renameCheckpoint(id, 'other');
  await setBase(id);
  expect(await getBase()).toBe(after.id);
  await deleteCheckpoint(id);
  expect(await allKeys()).toEqual([]);
});

test('two models of one file stay two checkpoints, and one of them added again is one', async () => {
  const bytes = randomBytes(40 * KiB);
  const copyPart = (part?: string) => {
    const opened = openedOf('gan', [new File([bytes], 'gan')]);
    return ingest({ ...opened, ...(part !== undefined && { part }) }, small);
  };
  for (const part of [undefined, 'g_ema', 'd', 'g_ema'])
    await identify(await copyPart(part), signal);
  const whole = await plainId([bytes], 16 * KiB);
  const idOf = async (part: string) => {
    const pairs = whole.match(/../g) ?? [];
    const joined = [...pairs.map((pair) => parseInt(pair, 16)), ...new TextEncoder().encode(part)];
    const digest = await crypto.subtle.digest('SHA-256', Uint8Array.from(joined));
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  };
  const stored = (await listCheckpoints()).map(({ id, part }) => [id, part]);
  expect(stored).toEqual([
    [whole, undefined],
    [await idOf('g_ema'), 'g_ema'],
    [await idOf('d'), 'd'],
  ]);
});

test('hashing that was cut off goes on with the slices that are left', async () => {
  const bytes = randomBytes(640 * KiB);
  const id = await copy('cut', bytes);
  const cancel = new AbortController();
  const cut = identify(id, cancel.signal, (done) => done >= 256 * KiB && cancel.abort());
  await expect(cut).rejects.toMatchObject({ kind: 'Cancelled' });
  const digests = (await allKeys()).filter((key) => key.startsWith('digests'));
  expect(digests.length).toBe(4);
  expect(await sweep()).toBe(0);

  const digest = vi.spyOn(crypto.subtle, 'digest');
  onTestFinished(() => digest.mockRestore());
  const seen: number[] = [];
  const after = await identify(id, signal, (done) => seen.push(done));
  // Chunks of the six slices left, the digests of the file, and nothing else.
  expect(digest.mock.calls.length).toBe(6 * 4 + 1);
  expect(seen.map((done) => done / (64 * KiB))).toEqual([4, 5, 6, 7, 8, 9, 10]);
  digest.mockRestore();
  expect(after.id).toBe(await plainId([bytes], 16 * KiB));
});

test('two that hash at once share the work and come to the same id', async () => {
  const bytes = randomBytes(640 * KiB);
  const id = await copy('shared', bytes);
  const put = vi.spyOn(IDBObjectStore.prototype, 'put');
  onTestFinished(() => put.mockRestore());
  const [one, two] = await Promise.all([
    identify(id, signal),
    identify(id, signal),
    identifyInPauses(),
  ]);
  const written = put.mock.calls.filter(([, key]) => String(key).startsWith('digests'));
  expect(written.length).toBe(10);
  expect(one).toEqual(two);
  expect(one.id).toBe(await plainId([bytes], 16 * KiB));
});

test('one that proves equal to another goes, and what was asked of it is asked of the other', async () => {
  const bytes = randomBytes(200 * KiB);
  const first = await identify(await copy('first', bytes), signal);
  const keys = await allKeys();
  const id = await copy('second', bytes);
  await setBase(id);
  const after = await identify(id, signal);
  // The copy that was read last is kept.
  expect(after).toEqual({
    ...first,
    copy: { ...first.copy, id },
    index: openedOf('second', [new File([bytes], 'second')]).index,
    formerIds: [...first.formerIds!, id],
    formerNames: ['second'],
  });
  expect(await listCheckpoints()).toEqual([after]);
  expect(await getCheckpoint(id)).toEqual(after);
  expect(await getBase()).toBe(first.id);
  const now = keys.map((key) => key.replace(first.copy.id, id));
  await expect.poll(allKeys).toEqual(['base', ...now]);
});

test('the copy of one that proves equal stays while it is read, also through a sweep', async () => {
  const bytes = randomBytes(200 * KiB);
  const first = await identify(await copy('first', bytes), signal);
  const keys = await allKeys();
  let id = '';
  await useCheckpoints([first.id], async ([checkpoint]) => {
    id = await copy('second', bytes);
    expect((await identify(id, signal)).id).toBe(first.id);
    expect(await sweep()).toBe(0);
    const read = await createReader(checkpoint!).read(tensorOf(checkpoint!), 0, bytes.length);
    expect(read).toEqual(bytes);
    await useCheckpoints([first.id], async ([now]) => expect(now?.copy.id).toBe(id));
  });
  await expect.poll(allKeys).toEqual(keys.map((key) => key.replace(first.copy.id, id)));
});

test('a checkpoint that is deleted while it is hashed leaves nothing after a sweep', async () => {
  const id = await copy('gone', randomBytes(640 * KiB));
  const cut = identify(id, signal, (done) => {
    if (done === 128 * KiB) void deleteCheckpoint(id);
  });
  await expect(cut).rejects.toMatchObject({ kind: 'Incompatible' });
  await sweep();
  expect(await allKeys()).toEqual([]);
});

test('a damaged copy is told to who waits for its id, and others get theirs', async () => {
  const damaged = await copy('damaged', randomBytes(200 * KiB));
  const whole = await copy('whole', randomBytes(200 * KiB));
  await write({ remove: [['slice', damaged, 0, 1]] });
  await identifyAll(signal);
  expect((await getCheckpoint(whole))?.hashing).toBeUndefined();
  await identifyInPauses();
  expect((await getCheckpoint(damaged))?.hashing).toBeDefined();
  await expect(identify(damaged, signal)).rejects.toMatchObject({
    kind: 'BadFile',
    message: expect.stringMatching(/“damaged” is damaged: damaged, bytes 65536 .* are missing/),
  });
});

test('altered bytes of a copy are told when it is read, and adding the same files again heals it', async () => {
  const bytes = randomBytes(200 * KiB);
  const checkpoint = await identify(await copy('altered', bytes), signal);
  const { copy: stored } = checkpoint;
  const altered = bytes.slice();
  altered[100_000]! ^= 1;
  const span = { file: 0, number: 1, start: 64 * KiB, end: 128 * KiB };
  const slice = { ...span, blob: new Blob([altered.slice(span.start, span.end)]) };
  await write({ put: [[['slice', stored.id, 0, 1], slice]] });
  const read = (of: StoredCheckpoint) => createReader(of).read(tensorOf(of), 0, bytes.length);
  // The chunk of 16 KiB that byte 100,000 lies in.
  await expect(read(checkpoint)).rejects.toMatchObject({
    kind: 'BadFile',
    message: expect.stringMatching(
      /“altered” is damaged: altered, bytes 98304 to 114688 are not those that were stored\. Add its files again/,
    ),
  });
  const blob = createFileReader(checkpoint).tensorBlob(tensorOf(checkpoint));
  await expect(blob).rejects.toThrow(/damaged/);

  const healed = await identify(await copy('again', bytes), signal);
  expect([healed.id, healed.name]).toEqual([checkpoint.id, 'altered']);
  expect(await read(healed)).toEqual(bytes);
});

test('of a large checkpoint some chunks of each slice are compared', async () => {
  const bytes = new Uint8Array(wholeBytes + 1024 * KiB);
  const large = { signal, sliceBytes: 8192 * KiB, chunkBytes: 64 * KiB };
  const opened = openedOf('large', [new File([bytes], 'large')]);
  const checkpoint = await identify(await ingest(opened, large), signal);
  const span = { file: 0, number: 1, start: 8192 * KiB, end: 16384 * KiB };
  const slice = { ...span, blob: new Blob([new Uint8Array(8192 * KiB).fill(1)]) };
  await write({ put: [[['slice', checkpoint.copy.id, 0, 1], slice]] });
  const digest = vi.spyOn(crypto.subtle, 'digest');
  onTestFinished(() => digest.mockRestore());
  const read = (start: number) =>
    createReader(checkpoint).read(tensorOf(checkpoint), start, start + 8192 * KiB);
  expect((await read(0)).length).toBe(8192 * KiB);
  // One in 64 of the 128 chunks, once in the life of this worker.
  expect(digest.mock.calls.length).toBe(2);
  await read(0);
  expect(digest.mock.calls.length).toBe(2);
  await expect(read(8192 * KiB)).rejects.toThrow(/are not those that were stored/);
});

test('a copy is compared whole when asked, though it is large', async () => {
  const bytes = new Uint8Array(wholeBytes + 1024 * KiB);
  const large = { signal, sliceBytes: 8192 * KiB, chunkBytes: 64 * KiB };
  const early = await ingest(openedOf('large', [new File([bytes], 'large')]), large);
  await expect(checkCopy(early, signal, () => undefined)).rejects.toThrow(/is being hashed/);
  const { id, copy: stored } = await identify(early, signal);
  const told: number[] = [];
  await checkCopy(id, signal, (done) => told.push(done));
  expect(told.at(-1)).toBe(bytes.length);
  const altered = bytes.slice(8192 * KiB, 16384 * KiB);
  altered[200_000]! ^= 1;
  const span = { file: 0, number: 1, start: 8192 * KiB, end: 16384 * KiB };
  await write({ put: [[['slice', stored.id, 0, 1], { ...span, blob: new Blob([altered]) }]] });
  // The chunk of 64 KiB that byte 8 MiB + 200,000 lies in.
  await expect(checkCopy(id, signal, () => undefined)).rejects.toMatchObject({
    kind: 'BadFile',
    message: expect.stringMatching(/“large” is damaged: large, bytes 8585216 to 8650752 are not/),
  });
});

test('hashing that nobody waits for lets a copy go first', async () => {
  const id = await copy('one', randomBytes(200 * KiB));
  let hashing = Promise.resolve();
  const keys: Promise<string[]>[] = [];
  const onProgress = (done: number) => {
    if (done === 0) hashing = identifyInPauses();
    keys.push(allKeys());
  };
  const file = new File([randomBytes(640 * KiB)], 'two');
  await ingest(openedOf('two', [file]), { ...small, onProgress });
  const early = (await Promise.all(keys)).flat().filter((key) => key.startsWith('digests'));
  expect(early).toEqual([]);
  await hashing;
  expect((await getCheckpoint(id))?.hashing).toBeUndefined();
});
