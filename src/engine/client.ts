import { proxy, wrap } from 'comlink';
import { transferErrors } from '../api/errorTransfer.ts';
import { AppError } from '../errors.ts';
import { watchLife } from '../life.ts';
import type { EngineApi } from '../api/engine.ts';

transferErrors();

/** What becomes of the engine, beside the answers to calls. */
export interface EngineFate {
  /** It has not begun after 5 seconds. */
  lingers(error: AppError): void;
  /** It did not load, or ended by itself: calls under way fail with this WorkerLost, and it is started again. */
  ends(error: AppError): void;
  /** It is there; `again` after an end: it knows nothing of what the last held in memory. */
  begins(again: boolean): void;
}

/** Until the page tells what to do. */
let fate: Partial<EngineFate> = {};

/** Tells the page from now on. */
export function onEngineFate(told: EngineFate): void {
  fate = told;
}

const lingerMs = 5000;
/** Between the end of one and the start of the next, which doubles while each lives shorter than `calmMs`. */
const waitMs = { first: 250, most: 60_000 };
const calmMs = 10_000;

/** How calls under way are failed. */
const failing = new Set<(error: AppError) => void>();
let wait = waitMs.first;
let hasEnded = false;

function start() {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    type: 'module',
    name: 'engine',
  });
  let beganAt: number | null = null;
  const timer = setTimeout(() => fate.lingers?.(lingering), lingerMs);
  watchLife(worker, {
    begins() {
      clearTimeout(timer);
      beganAt = performance.now();
      fate.begins?.(hasEnded);
    },
    ends() {
      clearTimeout(timer);
      worker.terminate();
      end(beganAt);
    },
  });
  return Promise.resolve(wrapped(worker));
}

/** A Remote is a Proxy that looks like a promise, so that none resolves with it alone. */
function wrapped(worker: Worker) {
  return { api: wrap<EngineApi>(worker) };
}

function end(beganAt: number | null): void {
  hasEnded = true;
  const isCalm = beganAt !== null && performance.now() - beganAt > calmMs;
  wait = isCalm ? waitMs.first : Math.min(2 * wait, waitMs.most);
  const error = lost(beganAt !== null);
  // Calls from now on wait for the next one.
  remote = new Promise((resolve) => setTimeout(() => resolve(start()), wait));
  for (const fail of failing) fail(error);
  fate.ends?.(error);
}

const lingering = new AppError(
  'WorkerLost',
  'The worker that computes has not loaded yet. It may be a slow network: wait, or reload the page.',
);

const lost = (began: boolean) =>
  new AppError(
    'WorkerLost',
    began
      ? 'The worker that computes ended by itself, perhaps for lack of memory, and is started again. What was under way stopped; a run that stopped can be resumed.'
      : 'The worker that computes could not be loaded, and is tried again. Check the network, or reload the page.',
  );

let remote = start();

type Call = (...args: unknown[]) => Promise<unknown>;

/** What a call resolves with, or the error of an engine that ended meanwhile. */
async function answered(call: Promise<unknown>): Promise<unknown> {
  let fail = (_: AppError): void => undefined;
  const ended = new Promise<never>((_, reject) => (fail = reject));
  failing.add(fail);
  try {
    return await Promise.race([call, ended]);
  } finally {
    failing.delete(fail);
  }
}

/** Calls of a part of the engine, whose functions among the arguments stay here. */
function callsOf<Part extends object>(
  partOf: (api: Awaited<typeof remote>['api']) => object,
  own: Partial<Part> = {},
): Part {
  return new Proxy(own as Part, {
    get: (_, name: string) => {
      if (name in own) return Reflect.get(own, name) as unknown;
      return (...args: unknown[]) => {
        const given = args.map((arg) => (typeof arg === 'function' ? proxy(arg) : arg));
        const call = remote.then(({ api }) => (Reflect.get(partOf(api), name) as Call)(...given));
        return answered(call);
      };
    },
  });
}

/** The engine. Functions given as arguments are called back across the boundary; errors arrive as AppErrors. */
export const engine = callsOf<EngineApi>((api) => api, {
  lab: callsOf<EngineApi['lab']>((api) => api.lab),
});
