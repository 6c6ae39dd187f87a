import { createReader } from '../../storage/reader.ts';
import { runCosines } from '../evaluation/cosines.ts';
import type { RunStage } from '../runAtWork.ts';

/** Compares the masked task vectors with one another. */
export const compareStage: RunStage = async (run) => {
  const { id, plan, checkpoints, control, step } = run;
  const started = performance.now();
  const readers = checkpoints.map(createReader);
  run.cosines = await runCosines(id, plan, readers, control.signal, (done, total) =>
    step('Comparing', done, total, 'task vectors'),
  );
  run.evaluateSeconds += (performance.now() - started) / 1000;
};
