import { proxy, wrap } from 'comlink';
import { transferErrors } from '../api/errorTransfer.ts';
import type { EngineApi } from '../api/engine.ts';

transferErrors();

const remote = wrap<EngineApi>(
  new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'engine' }),
);

type Call = (...args: unknown[]) => Promise<unknown>;

/** Calls of a part of the worker, whose functions among the arguments stay here. */
function callsOf<Part extends object>(part: object, own: Partial<Part> = {}): Part {
  return new Proxy(own as Part, {
    get: (_, name: string) => {
      if (name in own) return Reflect.get(own, name) as unknown;
      const method = Reflect.get(part, name) as Call;
      return (...args: unknown[]) =>
        method(...args.map((arg) => (typeof arg === 'function' ? proxy(arg) : arg)));
    },
  });
}

/** The worker. Functions given as arguments are called back across the boundary; errors arrive as AppErrors. */
export const engine = callsOf<EngineApi>(remote, {
  lab: callsOf<EngineApi['lab']>(remote.lab),
});
