import type { XlJob, XlResult } from './xlWorker.ts';

declare global {
  /** Localizes on the files of the page's input, base first, in a fresh worker. */
  var localizeXl: (job: Omit<XlJob, 'files'>) => Promise<XlResult>;
}

globalThis.localizeXl = (job) =>
  new Promise((resolve, reject) => {
    const files = [...(document.querySelector('input')?.files ?? [])];
    const worker = new Worker(new URL('./xlWorker.ts', import.meta.url), { type: 'module' });
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }: MessageEvent<XlResult>) => resolve(data);
    worker.postMessage({ ...job, files });
  });
