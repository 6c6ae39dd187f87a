import { expect, test, vi } from 'vitest';
import { createMatrixPool } from './jobs/matrixPool.ts';
import { watchLife } from './life.ts';
import dyingUrl from './test/dyingWorker.ts?worker&url';
import { withDyingWorkers } from './test/dyingWorkers.ts';

function watched(url: string) {
  const worker = new Worker(url, { type: 'module' });
  const [begins, ends] = [vi.fn(), vi.fn()];
  const unwatch = watchLife(worker, { begins, ends });
  return { worker, begins, ends, unwatch };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('a worker that ends by itself is noticed, and one that is busy or throws is not taken for it', async () => {
  const { worker, begins, ends } = watched(dyingUrl);
  worker.addEventListener('error', (event) => event.preventDefault());
  await expect.poll(() => begins.mock.calls.length).toBe(1);
  worker.postMessage(1500);
  worker.postMessage('throw');
  await pause(2000);
  expect(ends).not.toHaveBeenCalled();
  worker.postMessage('end');
  await expect.poll(() => ends.mock.calls.length, { timeout: 1000 }).toBe(1);
});

test('a worker that does not load is noticed', async () => {
  const { ends, begins } = watched('/no-such-worker.js');
  await expect.poll(() => ends.mock.calls.length, { timeout: 5000 }).toBe(1);
  expect(begins).not.toHaveBeenCalled();
});

test('what is no longer watched is not told', async () => {
  const { worker, begins, ends, unwatch } = watched(dyingUrl);
  await expect.poll(() => begins.mock.calls.length).toBe(1);
  unwatch();
  worker.terminate();
  await pause(500);
  expect(ends).not.toHaveBeenCalled();
});

test('matrices whose worker ends by itself are told', async () => {
  await withDyingWorkers(async () => {
    const pool = createMatrixPool('tsv_merge', new AbortController().signal, 1);
    const taskVectors = [new Float32Array(64), new Float32Array(64)];
    const merging = pool.merge({ rows: 8, columns: 8, parameters: {}, taskVectors });
    await expect(merging).rejects.toMatchObject({ kind: 'WorkerLost' });
    pool.close();
  });
});
