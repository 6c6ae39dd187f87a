import { freshJournal } from '../../merge/journal.ts';
import { keptPositions } from '../../merge/keptPositions.ts';
import { learn } from '../learn.ts';
import { hostOf } from '../mergeHost.ts';
import type { RunStage } from '../runAtWork.ts';

/** Learns from examples what the method wants, unless the record has it. */
export const learnStage: RunStage = async (run) => {
  if (run.record.journal.weights) return;
  const learned = await learn(run, async (scratch) =>
    keptPositions(run.plan, await hostOf(run), run.record.journal, scratch),
  );
  if (!learned) return;
  run.learned = learned;
  const { weights = null, made, bytesRead } = learned;
  // What was made is gone with the page that made it: the merge begins again with what is made now.
  const from = made ? freshJournal : run.record.journal;
  await run.save({ journal: { ...from, weights, bytesRead: from.bytesRead + bytesRead } });
};
