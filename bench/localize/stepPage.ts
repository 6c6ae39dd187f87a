import type { StepFigures } from './measureSteps.ts';
import { productRate } from './productRate.ts';
import type { StepJob } from './stepWorker.ts';

interface StepResult {
  adapter: string;
  result: StepFigures | number;
}

declare global {
  /** Runs one job in a fresh worker. */
  var measureStep: (job: StepJob) => Promise<StepResult>;
  /** Measures products of matrices. */
  var measureProduct: typeof productRate;
}

globalThis.measureProduct = productRate;

globalThis.measureStep = (job) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./stepWorker.ts', import.meta.url), { type: 'module' });
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }: MessageEvent<StepResult>) => {
      worker.terminate();
      resolve(data);
    };
    worker.postMessage(job);
  });
