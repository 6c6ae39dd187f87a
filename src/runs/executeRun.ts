import type { Progress } from '../api/progress.ts';
import type { RunResult } from '../api/results.ts';
import { toAppError } from '../errors.ts';
import type { JobControl } from '../jobs/jobs.ts';
import { announceLibraryChange } from '../storage/tabs.ts';
import { closeRun, openRun, type RunStage } from './runAtWork.ts';
import type { RunInput } from './runRecord.ts';
import { compareStage } from './stages/compare.ts';
import { evaluateStage } from './stages/evaluate.ts';
import { identifyStage } from './stages/identify.ts';
import { learnStage } from './stages/learn.ts';
import { localizeStage } from './stages/localize.ts';
import { mergeStage } from './stages/merge.ts';
import { sumUp } from './stages/sumUp.ts';

/** What every run goes through before it is summed up, in order. */
const stages: readonly RunStage[] = [
  localizeStage,
  learnStage,
  mergeStage,
  compareStage,
  evaluateStage,
  identifyStage,
];

/** Takes a run through its stages from where its record stands; the record keeps why it stopped. */
export async function executeRun(
  input: RunInput,
  control: JobControl,
  report: (progress: Progress) => void,
): Promise<RunResult> {
  const run = openRun(input, control, report);
  await run.save({ error: null });
  announceLibraryChange();
  try {
    for (const stage of stages) await stage(run);
    return await sumUp(run);
  } catch (thrown) {
    const { kind, message } = toAppError(thrown);
    const error = kind === 'Cancelled' ? null : { kind, message };
    // The reason is a help, not worth a second failure: with a full disk it may find no room.
    await run.save({ error }).catch(() => undefined);
    throw thrown;
  } finally {
    await closeRun(run);
  }
}
