import { throwIfCancelled } from '../errors.ts';

/** What a job may be told while it works. */
export interface JobControl {
  signal: AbortSignal;
  readonly paused: boolean;
  /** Settles when messages that waited were heard, or when a pause or the job itself ends. */
  resumed(): Promise<void>;
  /** Called whenever a pause begins or ends. */
  onPause: (() => void) | null;
}

/** A job, and how to end or hold it. */
export interface Job {
  controller: AbortController;
  control: JobControl;
  setPaused(paused: boolean): void;
}

/** Work that never waits for anything keeps messages, such as a pause, from being heard: it lets them in so often. */
const deafMs = 30;

const jobs = new Map<string, Job>();

/** Runs `work` as a job that `cancelJob` can cancel and `pauseJob` hold. */
export async function withJob<T>(
  job: string,
  work: (signal: AbortSignal, control: JobControl) => Promise<T>,
): Promise<T> {
  const created = createJob();
  jobs.set(job, created);
  try {
    return await work(created.controller.signal, created.control);
  } catch (thrown) {
    // What the browser ends for the signal's sake, such as the body of a fetch, throws an error of its own.
    if (thrown instanceof DOMException && thrown.name === 'AbortError')
      throwIfCancelled(created.controller.signal);
    throw thrown;
  } finally {
    jobs.delete(job);
  }
}

export function cancelJob(job: string): void {
  const found = jobs.get(job);
  found?.controller.abort();
  found?.setPaused(false);
}

export function pauseJob(job: string, paused: boolean): void {
  jobs.get(job)?.setPaused(paused);
}

/** A job that nobody else can end or hold. */
export function createJob(): Job {
  const controller = new AbortController();
  let heard = performance.now();
  let gate: { opened: Promise<void>; open(): void } | null = null;
  const control: JobControl = {
    signal: controller.signal,
    get paused() {
      return gate !== null;
    },
    async resumed() {
      if (performance.now() - heard > deafMs) {
        await hearMessages();
        heard = performance.now();
      }
      await gate?.opened;
    },
    onPause: null,
  };
  const setPaused = (paused: boolean) => {
    if (paused === (gate !== null) || (paused && controller.signal.aborted)) return;
    gate?.open();
    gate = paused ? createGate() : null;
    control.onPause?.();
  };
  return { controller, control, setPaused };
}

function createGate(): { opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** Lets messages in that waited while work kept the thread. */
export function hearMessages(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
