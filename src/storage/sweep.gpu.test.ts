import { beforeEach, expect, test } from 'vitest';
import { write } from './db.ts';
import { ingest, type IngestOptions } from './ingest.ts';
import { cutOffBytes, fingerprintOf, freeCutOff, ingestLock } from './journal.ts';
import type { Key } from './keys.ts';
import { putParts } from './runs.ts';
import { sweep } from './sweep.ts';
import { withLock } from './tabs.ts';
import { allKeys, emptyStore, KiB, openedOf, randomBytes } from '../test/store.ts';

const { signal } = new AbortController();
const small: IngestOptions = { signal, sliceBytes: 64 * KiB, chunkBytes: 16 * KiB };
const dayMs = 24 * 3600e3;

beforeEach(emptyStore);

test('a sweep deletes orphans and keeps checkpoints, cut-off copies and runs', async () => {
  await ingest(openedOf('whole', [new File([randomBytes(200 * KiB)], 'a')]), small);
  const cancel = new AbortController();
  const options = { ...small, signal: cancel.signal, onProgress: () => cancel.abort() };
  const cut = openedOf('cut', [new File([randomBytes(640 * KiB)], 'b')]);
  await expect(ingest(cut, options)).rejects.toMatchObject({ kind: 'Cancelled' });
  await putParts('r', [{ kind: 'out', number: 0, data: randomBytes(10) }], { id: 'r' });
  const keys = await allKeys();

  const orphans: Key[] = [
    ['index', 'nobody'],
    ['slice', 'nobody', 0, 0],
    ['slice', 'nobody', 1, 3],
    ['digests', 'nobody', 0, 0],
    ['part', 'gone', 'mask', 2],
  ];
  await write({ put: orphans.map((key) => [key, new Blob(['orphan'])]) });
  expect(await sweep()).toBe(5);
  expect(await allKeys()).toEqual(keys);
  expect(await sweep()).toBe(0);
});

test('copies that were cut off are told by their bytes, and freed but for those under way', async () => {
  const cut = async (name: string) => {
    const cancel = new AbortController();
    let told = 0;
    const onProgress = () => (++told === 3 ? cancel.abort() : undefined);
    const opened = openedOf(name, [new File([randomBytes(640 * KiB)], name)]);
    const options = { ...small, signal: cancel.signal, onProgress };
    await expect(ingest(opened, options)).rejects.toMatchObject({ kind: 'Cancelled' });
    return fingerprintOf(opened);
  };
  await ingest(openedOf('whole', [new File([randomBytes(200 * KiB)], 'a')]), small);
  const keys = await allKeys();
  expect(await cutOffBytes()).toBe(0);
  await cut('one');
  // Two slices each, when the third report stopped it.
  expect(await cutOffBytes()).toBe(2 * 64 * KiB);
  const busy = await cut('two');
  await withLock(ingestLock(busy), 'exclusive', async () => {
    expect(await cutOffBytes()).toBe(2 * 64 * KiB);
    await freeCutOff();
  });
  expect(await cutOffBytes()).toBe(2 * 64 * KiB);
  await freeCutOff();
  expect(await allKeys()).toEqual(keys);
});

test('a sweep during an ingest harms nothing', async () => {
  const opened = openedOf('busy', [new File([randomBytes(640 * KiB)], 'model')]);
  const sweeps: Promise<number>[] = [];
  await ingest(opened, { ...small, onProgress: () => sweeps.push(sweep()) });
  const removed = await Promise.all(sweeps);
  expect(removed.length).toBeGreaterThan(5);
  expect(removed.every((count) => count === 0)).toBe(true);
  expect((await allKeys()).filter((key) => key.startsWith('slice')).length).toBe(10);
});

test('a copy abandoned for two weeks is deleted, but not while a tab is at it', async () => {
  const journal = (fingerprint: string, ageMs: number) => ({
    ...{ fingerprint, touchedAt: Date.now() - ageMs },
    copy: { id: `copy-${fingerprint}`, sliceBytes: 64 * KiB },
  });
  const ages = { old: 15 * dayMs, held: 15 * dayMs, recent: 13 * dayMs };
  for (const [name, ageMs] of Object.entries(ages))
    await write({
      put: [
        [['ingest', name], journal(name, ageMs)],
        [['slice', `copy-${name}`, 0, 0], { blob: new Blob(['slice']) }],
      ],
    });
  await withLock(ingestLock('held'), 'exclusive', sweep);
  expect(await allKeys()).toEqual([
    'ingest/held',
    'ingest/recent',
    'slice/copy-held/0/0',
    'slice/copy-recent/0/0',
  ]);
});
