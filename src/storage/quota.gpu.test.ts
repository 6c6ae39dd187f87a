import { expect, onTestFinished, test } from 'vitest';
import { cdp } from 'vitest/browser';
import { listCheckpoints } from './checkpoints.ts';
import { ingest } from './ingest.ts';
import { isQuotaError, toAppError } from '../errors.ts';
import { formatBytes } from './quota.ts';
import { createReader } from './reader.ts';
import { openParts, getRun, putParts } from './runs.ts';
import { allKeys, ingested, KiB, openedOf, randomBytes, tensorOf } from '../test/store.ts';

declare module 'vitest/browser' {
  interface CDPSession {
    send(method: string, parameters: object): Promise<void>;
  }
}

const { signal } = new AbortController();
const options = { signal, sliceBytes: 1024 * KiB };

/** Empties the origin's databases and limits it until the test ends; Chromium asks for a quota once in 30 s, but asks again after the emptying. */
async function limitStorage(quotaSize: number): Promise<void> {
  const { origin } = location;
  onTestFinished(() => cdp().send('Storage.overrideQuotaForOrigin', { origin }));
  await cdp().send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' });
  await cdp().send('Storage.overrideQuotaForOrigin', { origin, quotaSize });
}

test('an ingest that fills the disk says so, frees its slices and leaves earlier checkpoints whole', async () => {
  await limitStorage(8e6);
  const bytes = randomBytes(2500 * KiB);
  const earlier = await ingested(openedOf('earlier', [new File([bytes], 'model')]), options);
  const keys = await allKeys();
  const opened = openedOf('later', [new File([randomBytes(16 * KiB * KiB)], 'model')]);
  await expect(ingest(opened, options)).rejects.toMatchObject({
    kind: 'QuotaFull',
    message: expect.stringMatching(
      /no room left for “later”.*needs 16\.8 MB.*stopped after.*Delete/,
    ),
  });
  expect(await allKeys()).toEqual(keys);
  expect(await listCheckpoints()).toEqual([earlier]);
  const read = await createReader(earlier).read(tensorOf(earlier), 0, bytes.length);
  expect(indexedDB.cmp(read, bytes)).toBe(0);
});

test('a run that fills the disk keeps the parts and the record stored before', async () => {
  await limitStorage(4e6);
  const first = randomBytes(1024 * KiB);
  await putParts('r', [{ kind: 'out', number: 0, data: first }], { id: 'r', done: 1 });
  const big = { kind: 'out', number: 1, data: randomBytes(16 * KiB * KiB) } as const;
  await expect(putParts('r', [big], { id: 'r', done: 2 })).rejects.toMatchObject({
    kind: 'QuotaFull',
    message: expect.stringMatching(/output of this merge.*after 1\.0 MB, for 16\.8 MB more/),
  });
  expect(await getRun('r')).toEqual({ id: 'r', done: 1 });
  const part = await (await openParts('r', 'out')(0)).arrayBuffer();
  expect(indexedDB.cmp(part, first)).toBe(0);
});

test('a quota error is known by its name, also inside another error', () => {
  const error = new DOMException('full', 'QuotaExceededError');
  expect(isQuotaError(error)).toBe(true);
  expect(isQuotaError(new Error('write failed', { cause: error }))).toBe(true);
  expect(isQuotaError(new DOMException('no', 'DataError'))).toBe(false);
  expect(isQuotaError(null)).toBe(false);
  // Wherever it was met.
  expect(toAppError(error)).toMatchObject({
    kind: 'QuotaFull',
    message: expect.stringMatching(/no room left for this.*Delete checkpoints, results/),
  });
});

test('a part of the app that does not arrive is told as such', async () => {
  const missing = `${location.origin}/no-such-part.js`;
  const thrown: unknown = await import(/* @vite-ignore */ missing).catch((error: unknown) => error);
  expect(toAppError(thrown).message).toMatch(/part of the app could not be loaded.*Connect to/);
});

test('bytes are told in decimal units with one digit', () => {
  const told = [0, 999, 1000, 499_000_000, 999_960, 16 * 2 ** 30].map(formatBytes);
  expect(told).toEqual(['0 bytes', '999 bytes', '1.0 kB', '499.0 MB', '1.0 MB', '17.2 GB']);
});
