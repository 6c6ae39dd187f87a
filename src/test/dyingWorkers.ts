import { vi } from 'vitest';
import dyingUrl from './dyingWorker.ts?worker&url';

/** Has every worker that is made meanwhile begin, and end by itself. */
export async function withDyingWorkers<T>(work: () => Promise<T>): Promise<T> {
  const { Worker } = globalThis;
  class Dying extends Worker {
    constructor() {
      super(dyingUrl, { type: 'module' });
    }
  }
  vi.stubGlobal('Worker', Dying);
  try {
    return await work();
  } finally {
    vi.unstubAllGlobals();
  }
}
