import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { EngineApi } from '../api/engine.ts';
import { AppError } from '../errors.ts';
import { Deletions } from './deletions.svelte.ts';
import { Notices } from './notices.svelte.ts';

const kept = new Map<string, string>();

beforeEach(() => {
  kept.clear();
  vi.useFakeTimers();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  });
  const request = async (_name: string, _how: object, work: (lock: object) => Promise<void>) =>
    work({});
  vi.stubGlobal('navigator', { locks: { request } });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Deletions whose engine tells what it deleted, and fails for those in use. */
function deletions() {
  const gone: string[] = [];
  const remove = async (id: string) => {
    if (id === 'used') throw new AppError('Unsupported', '“used” is in use.');
    gone.push(id);
  };
  const fake: Partial<EngineApi> = { remove, removeData: remove, removeRun: remove };
  const notices = new Notices();
  let refreshed = 0;
  const made = new Deletions(fake as EngineApi, notices, async () => void refreshed++);
  return { deletions: made, notices, gone, refreshed: () => refreshed };
}

it('hides at once, and deletes when the time to take it back is over', async () => {
  const { deletions: waiting, notices, gone, refreshed } = deletions();
  await waiting.add({ kind: 'checkpoint', id: 'a' }, 'sst2');
  expect(waiting.hides('checkpoint', 'b', 'a')).toBe(true);
  expect(waiting.hides('data', 'a')).toBe(false);
  expect(refreshed()).toBe(1);
  expect(notices.list.map(({ text }) => text)).toEqual(['sst2 is deleted.']);
  await vi.advanceTimersByTimeAsync(14_000);
  expect(gone).toEqual([]);
  expect(kept.size).toBe(1);
  await vi.advanceTimersByTimeAsync(2000);
  expect(gone).toEqual(['a']);
  expect(waiting.hides('checkpoint', 'a')).toBe(false);
  expect(notices.list).toEqual([]);
  expect(kept.size).toBe(0);
});

it('waits while the user is at the notice', async () => {
  const { deletions: waiting, notices, gone } = deletions();
  await waiting.add({ kind: 'data', id: 'a' }, 'a');
  const [notice] = notices.list;
  notices.hold(notice!.id);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(gone).toEqual([]);
  notices.release(notice!.id);
  await vi.advanceTimersByTimeAsync(16_000);
  expect(gone).toEqual(['a']);
});

it('brings back what is taken back, and deletes the rest when it must', async () => {
  const { deletions: waiting, notices, gone } = deletions();
  await waiting.add({ kind: 'run', id: 'a' }, 'The result');
  await waiting.add({ kind: 'run', id: 'b' }, 'The result');
  notices.take(notices.list[0]!.id);
  await waiting.settle();
  expect(gone).toEqual(['b']);
  expect(waiting.hides('run', 'a', 'b')).toBe(false);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(gone).toEqual(['b']);
});

it('shows again, and says why, what cannot be deleted', async () => {
  const { deletions: waiting, notices } = deletions();
  await waiting.add({ kind: 'checkpoint', id: 'used' }, 'used');
  await waiting.settle();
  expect(waiting.hides('checkpoint', 'used')).toBe(false);
  expect(notices.list).toMatchObject([{ tone: 'error', text: '“used” is in use.' }]);
});

it('deletes what an earlier visit left, and nothing that is no such thing', async () => {
  const left = [{ kind: 'run', id: 'a' }, { kind: 'run', id: 7 }, { kind: 'all', id: 'b' }, null];
  kept.set('deletions', JSON.stringify(left));
  const { deletions: waiting, gone } = deletions();
  await waiting.resume();
  expect(gone).toEqual(['a']);
  kept.set('deletions', '{');
  await waiting.resume();
  expect(gone).toEqual(['a']);
});
