import { AppError } from './errors.ts';

/** What a worker says once it is there: the name of a lock that it holds until it ends. */
interface Sign {
  lives: string;
}

const isSign = (data: unknown): data is Sign =>
  typeof data === 'object' && data !== null && 'lives' in data;

/** In a worker: holds a lock for as long as it lives, and names it to who made the worker. Resolves once it is held. */
export function showLife(): Promise<void> {
  const lives = `life-${crypto.randomUUID()}`;
  return new Promise((resolve) => {
    void navigator.locks.request(lives, () => {
      postMessage({ lives } satisfies Sign);
      resolve();
      return new Promise(() => undefined);
    });
  });
}

/** What happens to a worker. */
interface Fate {
  /** It is there. */
  begins?(): void;
  /** It did not load, or has ended by itself, however busy it was; told once. */
  ends(): void;
}

/** Watches a worker that shows its life; returns what ends the watch. Browsers tell nothing of a worker that dies: its lock does. */
export function watchLife(worker: Worker, { begins, ends }: Fate): () => void {
  const watch = new AbortController();
  const { signal } = watch;
  const end = () => {
    if (signal.aborted) return;
    watch.abort();
    ends();
  };
  let hasBegun = false;
  // One that lives may throw, and live on.
  worker.addEventListener('error', () => hasBegun || end(), { signal });
  worker.addEventListener(
    'message',
    ({ data }) => {
      if (!isSign(data)) return;
      hasBegun = true;
      begins?.();
      navigator.locks.request(data.lives, { signal }, end).catch(() => undefined);
    },
    { signal },
  );
  return () => watch.abort();
}

/** WorkerLost for one that ended while it did something. */
export const workerLost = (what: string) =>
  new AppError(
    'WorkerLost',
    `A worker that ${what} ended by itself, perhaps for lack of memory. Close other tabs, and resume the run: what it stored is kept.`,
  );
