import { transfer, wrap } from 'comlink';
import { AppError, bug } from '../errors.ts';
import { watchLife, workerLost } from '../life.ts';
import type { MatrixInput } from '../merge/matrix/matrixTask.ts';
import type { MergeMatrix } from './matrixWorker.ts';

/**
 * At most `size` workers at a time beside this one that merge matrices by a method; each merges one and ends, which frees all its
 * memory at once.
 */
export function createMatrixPool(
  method: string,
  signal: AbortSignal,
  size = navigator.hardwareConcurrency,
) {
  const waiting: (() => void)[] = [];
  let places = size;
  let fail = (_: AppError): void => undefined;
  const failed = new Promise<never>((_, reject) => (fail = reject));
  failed.catch(() => undefined);
  const close = () => fail(new AppError('Cancelled', 'Cancelled.'));
  signal.addEventListener('abort', close);

  async function merge(matrix: MatrixInput): ReturnType<MergeMatrix> {
    const worker = new Worker(new URL('./matrixWorker.ts', import.meta.url), {
      type: 'module',
      name: 'matrix',
    });
    worker.onerror = () => fail(bug('A worker that merges a matrix failed.'));
    const unwatch = watchLife(worker, { ends: () => fail(workerLost('merges a matrix')) });
    const buffers = matrix.taskVectors.map(({ buffer }) => buffer);
    try {
      const merging = wrap<MergeMatrix>(worker)(method, transfer(matrix, buffers));
      return await Promise.race([merging, failed]);
    } finally {
      unwatch();
      worker.terminate();
    }
  }

  return {
    /** What the method makes of it; takes the models’ task vectors. Throws Cancelled once the signal is aborted, or the pool closed. */
    async merge(matrix: MatrixInput): ReturnType<MergeMatrix> {
      if (places > 0) places--;
      else await Promise.race([new Promise<void>((resolve) => waiting.push(resolve)), failed]);
      try {
        return await merge(matrix);
      } finally {
        const next = waiting.shift();
        if (next) next();
        else places++;
      }
    },
    /** Ends the work on all of them. */
    close,
  };
}
