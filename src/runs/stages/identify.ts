import { createMeter } from '../../jobs/progress.ts';
import { identifyStanding } from '../../library/adapters.ts';
import type { RunStage } from '../runAtWork.ts';

/** Waits for the content ids of checkpoints that were merged before these were known: a result names its inputs by them. */
export const identifyStage: RunStage = async (run) => {
  const { checkpoints, control, record } = run;
  const meter = createMeter(run.report);
  const inputs = [...record.inputs];
  for (const [i, checkpoint] of checkpoints.entries()) {
    // Others may be at it, in this tab or another.
    if (checkpoint.hashing) meter('Hashing', 0, checkpoint.bytes, checkpoint.name);
    const id = await identifyStanding(checkpoint, control.signal, (done, total) =>
      meter('Hashing', done, total, checkpoint.name),
    );
    inputs[i] = { ...inputs[i]!, id };
  }
  if (inputs.some(({ id }, i) => id !== record.inputs[i]?.id)) await run.save({ inputs });
};
