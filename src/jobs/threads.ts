import { wrap, type Remote } from 'comlink';
import { AppError, bug } from '../errors.ts';
import { watchLife, workerLost } from '../life.ts';

/** Threads of one kind that work on one thing. */
export interface Threads<Thread> {
  remotes: readonly Remote<Thread>[];
  /** What `work` gives, unless a thread fails before, `fail` is called, or the signal is aborted: then it rejects. */
  race<T>(work: Promise<T>): Promise<T>;
  fail(thrown: AppError): void;
  close(): void;
}

/** Starts so many threads, to be closed by the caller; `what` says what one does, where it failed or ended. */
export function openThreads<Thread>(
  size: number,
  create: () => Worker,
  signal: AbortSignal,
  what: string,
): Threads<Thread> {
  let fail = (_: AppError): void => undefined;
  const failed = new Promise<never>((_, reject) => (fail = reject));
  failed.catch(() => undefined);
  const cancel = () => fail(new AppError('Cancelled', 'Cancelled.'));
  signal.addEventListener('abort', cancel);
  if (signal.aborted) cancel();
  const threads = Array.from({ length: size }, create);
  for (const thread of threads) thread.onerror = () => fail(bug(`A worker that ${what} failed.`));
  const unwatch = threads.map((thread) =>
    watchLife(thread, { ends: () => fail(workerLost(what)) }),
  );
  return {
    remotes: threads.map((thread) => wrap<Thread>(thread)),
    race: (work) => Promise.race([work, failed]),
    fail,
    close() {
      signal.removeEventListener('abort', cancel);
      unwatch.forEach((each) => each());
      threads.forEach((thread) => thread.terminate());
    },
  };
}
