import { expect, test } from 'vitest';
import { cancelJob, withJob } from './jobs.ts';

const aborted = () => new DOMException('signal is aborted without reason', 'AbortError');

test('what the browser ends for a cancelled job is a cancel', async () => {
  const work = async () => {
    cancelJob('fetch');
    throw aborted();
  };
  await expect(withJob('fetch', work)).rejects.toMatchObject({ kind: 'Cancelled' });
});

test('an abort that nobody asked for stays what it is', async () => {
  const thrown = aborted();
  await expect(withJob('fetch', () => Promise.reject(thrown))).rejects.toBe(thrown);
});
