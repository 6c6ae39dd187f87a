import type { Job } from './ingestWorker.ts';

declare global {
  /** Runs one job on the file of the page's input, in a fresh worker; resolves with its seconds. */
  var measure: (job: Job) => Promise<number>;
}

globalThis.measure = (job) =>
  new Promise((resolve, reject) => {
    const file = document.querySelector('input')?.files?.[0];
    const worker = new Worker(new URL('./ingestWorker.ts', import.meta.url), { type: 'module' });
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }: MessageEvent<number>) => {
      worker.terminate();
      resolve(data);
    };
    worker.postMessage({ job, file });
  });
