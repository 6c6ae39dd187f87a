import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { listCheckpoints } from './checkpoints.ts';
import { hashReads } from './contentId.ts';
import { identify } from './identify.ts';
import { ingest, type IngestOptions } from './ingest.ts';
import { dropJournal, fingerprintOf, resumableBytes } from './journal.ts';
import { createFileReader } from './reader.ts';
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

const { signal } = new AbortController();
const small: IngestOptions = { signal, sliceBytes: 64 * KiB, chunkBytes: 16 * KiB };

beforeEach(emptyStore);

test('what was ingested reads back byte for byte, within and across slices and files', async () => {
  const [a, b, c] = [randomBytes(300 * KiB + 13), randomBytes(64 * KiB), randomBytes(5)];
  const files = [new File([a], 'a'), new File([b], 'b'), new File([c], 'c')];
  const checkpoint = await ingested(openedOf('three', files), small);
  const reader = createFileReader(checkpoint);
  const ranges = [
    { file: 0, bytes: a, start: 0, end: 300 * KiB + 13 },
    { file: 0, bytes: a, start: 64 * KiB - 1, end: 64 * KiB + 1 },
    { file: 0, bytes: a, start: 64 * KiB, end: 128 * KiB },
    { file: 0, bytes: a, start: 300 * KiB + 12, end: 300 * KiB + 13 },
    { file: 0, bytes: a, start: 7, end: 7 },
    { file: 1, bytes: b, start: 0, end: 64 * KiB },
    { file: 2, bytes: c, start: 1, end: 5 },
  ];
  for (const { file, bytes, start, end } of ranges) {
    const expected = bytes.slice(start, end);
    expect(await reader.read(tensorOf(checkpoint, file), start, end)).toEqual(expected);
    const blob = await reader.rangeBlob(file, start, end);
    expect(new Uint8Array(await blob.arrayBuffer())).toEqual(expected);
  }
  expect(checkpoint.bytes).toBe(364 * KiB + 18);
});

test('the content id is that of its definition, in the order of the names, whatever the slices', async () => {
  const [b, a] = [randomBytes(100 * KiB + 1), randomBytes(33 * KiB)];
  const opened = openedOf('two', [new File([b], 'b.safetensors'), new File([a], 'a.safetensors')]);
  const expected = await plainId([a, b], 16 * KiB);
  expect((await ingested(opened, small)).id).toBe(expected);
  await emptyStore();
  expect((await ingested(opened, { ...small, sliceBytes: 32 * KiB })).id).toBe(expected);
});

test('the content id of known bytes equals the one that Node computed', async () => {
  // node -e "const h=b=>require('crypto').createHash('sha256').update(b).digest(),K=2**10,
  //   b=Buffer.from(Uint8Array.from({length:1100*K},(_,i)=>31*i+7));
  //   console.log(h(Buffer.concat([0,512,1024].map(k=>h(b.subarray(k*K,(k+512)*K))))).toString('hex'))"
  const bytes = Uint8Array.from({ length: 1100 * KiB }, (_, i) => 31 * i + 7);
  const { id } = await ingested(openedOf('known', [new File([bytes], 'model')]), { signal });
  expect(id).toBe('2c9810cc663034350408d9510879083fc11880c4d458c82fc7c2e9d60e6d006a');
});

test('a cancelled ingest goes on where it stopped and ends with the same content id', async () => {
  const bytes = randomBytes(640 * KiB);
  const opened = openedOf('cut', [new File([bytes], 'model', { lastModified: 1 })]);
  const cancel = new AbortController();
  const cut = ingest(opened, {
    ...small,
    signal: cancel.signal,
    onProgress: (doneBytes) => doneBytes >= 256 * KiB && cancel.abort(),
  });
  await expect(cut).rejects.toMatchObject({ kind: 'Cancelled' });
  expect(await listCheckpoints()).toEqual([]);
  const kept = await resumableBytes(opened);
  expect(kept).toBeGreaterThanOrEqual(256 * KiB);
  expect(kept).toBeLessThan(640 * KiB);

  const put = vi.spyOn(IDBObjectStore.prototype, 'put');
  onTestFinished(() => put.mockRestore());
  const seen: number[] = [];
  const onProgress = (doneBytes: number) => seen.push(doneBytes);
  const { id } = await ingested(opened, { ...small, onProgress });
  const slicesPut = put.mock.calls.filter(([, key]) => String(key).startsWith('slice'));
  expect(slicesPut.length).toBe((640 * KiB - kept) / (64 * KiB));
  expect(seen[0]).toBe(kept);
  expect(seen.at(-1)).toBe(640 * KiB);
  expect(id).toBe(await plainId([bytes], 16 * KiB));
  expect((await allKeys()).filter((key) => key.startsWith('ingest'))).toEqual([]);
});

test('dropping the journal of a cancelled ingest frees all that it stored', async () => {
  const opened = openedOf('cut', [new File([randomBytes(640 * KiB)], 'model')]);
  const cancel = new AbortController();
  const options = { ...small, signal: cancel.signal, onProgress: () => cancel.abort() };
  await expect(ingest(opened, options)).rejects.toMatchObject({ kind: 'Cancelled' });
  await dropJournal(await fingerprintOf(opened));
  expect(await allKeys()).toEqual([]);
  expect(await resumableBytes(opened)).toBe(0);
});

test('the same weights under another name are stored once', async () => {
  const bytes = randomBytes(200 * KiB);
  const first = await ingested(openedOf('first', [new File([bytes], 'model')]), small);
  const keys = await allKeys();
  const again = openedOf('second', [new File([bytes], 'other', { lastModified: 5 })]);
  expect(await ingested(again, small)).toMatchObject({ id: first.id, name: 'first' });
  const [kept] = await listCheckpoints();
  expect(kept?.name).toBe('first');
  await expect.poll(allKeys).toEqual(keys.map((key) => key.replace(first.copy.id, kept!.copy.id)));
});

test('of two ingests of one file at once, one is refused and the other ends well', async () => {
  const bytes = randomBytes(400 * KiB);
  const opened = openedOf('twice', [new File([bytes], 'model')]);
  const results = await Promise.allSettled([ingest(opened, small), ingest(opened, small)]);
  const done = results.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = results.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  expect(done.length).toBe(1);
  expect((await identify(done[0]!, signal)).id).toBe(await plainId([bytes], 16 * KiB));
  expect(failed).toMatchObject([
    { kind: 'Unsupported', message: expect.stringMatching(/being copied/) },
  ]);
});

test('a file that changes while it is copied is named, and earlier slices stay', async () => {
  const { handle, rewrite } = await privateFile('changing');
  await rewrite(randomBytes(32 * KiB * KiB));
  const opened = openedOf('changing', [await handle.getFile()]);
  let rewriting: Promise<void> | undefined;
  const onProgress = (doneBytes: number) => {
    if (doneBytes > 0) rewriting ??= rewrite(randomBytes(KiB));
  };
  await expect(ingest(opened, { ...small, onProgress })).rejects.toMatchObject({
    kind: 'BadFile',
    message: expect.stringMatching(/“changing” was changed.*Pick it again/),
  });
  await rewriting;
  const slices = (await allKeys()).filter((key) => key.startsWith('slice'));
  expect(slices.length).toBeGreaterThan(0);
  expect(await listCheckpoints()).toEqual([]);
});

test('an empty weight file is refused by name and leaves nothing', async () => {
  const opened = openedOf('empty', [new File(['weights'], 'full'), new File([], 'hollow')]);
  await expect(ingest(opened, small)).rejects.toMatchObject({
    kind: 'BadFile',
    message: expect.stringContaining('“hollow” is empty'),
  });
  expect(await allKeys()).toEqual([]);
});

test('a large file is ingested with bounded reads and every byte arrives', async () => {
  const piece = randomBytes(8 * KiB * KiB);
  const bytes = 120 * KiB * KiB + 77;
  const file = new File(
    Array.from({ length: 16 }, (_, i) => (i < 15 ? piece : piece.slice(0, 77))),
    'large',
  );
  const arrayBuffer = vi.spyOn(Blob.prototype, 'arrayBuffer');
  onTestFinished(() => arrayBuffer.mockRestore());
  const checkpoint = await ingested(openedOf('large', [file]), { signal });
  const sizes = arrayBuffer.mock.contexts.map((blob) => (blob instanceof Blob ? blob.size : NaN));
  expect(Math.max(...sizes)).toBe(hashReads.bytes);
  expect(checkpoint.bytes).toBe(bytes);
  const reader = createFileReader(checkpoint);
  const tensor = tensorOf(checkpoint);
  for (let at = 0; at < bytes; at += piece.length) {
    const read = await reader.read(tensor, at, Math.min(bytes, at + piece.length));
    expect(indexedDB.cmp(read, piece.subarray(0, read.length)), `at byte ${at}`).toBe(0);
  }
});
