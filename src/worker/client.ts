import { proxy, wrap } from 'comlink';
import { transferErrors } from './errorTransfer.ts';
import type { WorkerApi } from './types.ts';

transferErrors();

const remote = wrap<WorkerApi>(
  new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'engine' }),
);

/** The worker. Functions given as arguments are called back across the boundary; errors arrive as AppErrors. */
export const engine = new Proxy({} as WorkerApi, {
  get: (_, name: keyof WorkerApi) => {
    const method = remote[name] as (...args: unknown[]) => Promise<unknown>;
    return (...args: unknown[]) =>
      method(...args.map((arg) => (typeof arg === 'function' ? proxy(arg) : arg)));
  },
});
