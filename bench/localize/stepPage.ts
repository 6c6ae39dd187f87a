import type { StepFigures } from './measureSteps.ts';
import type { StepJob } from './stepWorker.ts';

interface StepResult {
  adapter: string;
  result: StepFigures | number;
}

declare global {
  /** Runs one job in a fresh worker. */
  var measureStep: (job: StepJob) => Promise<StepResult>;
}

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
