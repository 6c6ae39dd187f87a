import { throwIfCancelled } from '../errors.ts';
import type { ParameterSource } from '../models/blockwise.ts';
import type { OpenLab } from './openLab.ts';
import { batchesOf, countRight, roundsOf } from './scoring.ts';
import type { LabModel, LabScore } from '../api/lab.ts';

/**
 * Scores a model on these tasks round by round, each in its turn and told when it is over; what is known from before is not
 * computed anew. Throws Cancelled.
 */
export async function scoreModel(
  lab: OpenLab,
  model: LabModel,
  tasks: readonly number[],
  signal: AbortSignal,
  onScores: (scores: LabScore[]) => void,
): Promise<LabScore[]> {
  const { kept } = lab;
  const scores = tasks.map(
    (task) =>
      kept.known.get(kept.keyOf(model, task)) ?? {
        ...{ task, right: 0, n: 0, of: lab.tasks[task]!.order.length },
      },
  );
  const waiting = scores.filter(({ n, of }) => n < of).map(({ task }) => task);
  for (const [r, round] of roundsOf(lab.tensors, lab.tasks, waiting).entries()) {
    for (const batch of batchesOf(lab.tensors, lab.tasks, round)) {
      const right = await lab.turns.take(r, async () => {
        throwIfCancelled(signal);
        const sources = new Map<number, ParameterSource>();
        for (const { task } of batch) sources.set(task, await lab.shelf.source(model, task));
        return countRight(lab.tensors, lab.tasks, batch, (task) => sources.get(task)!);
      });
      batch.forEach(({ task, from, to }, i) => {
        const at = scores.findIndex((each) => each.task === task);
        const old = scores[at]!;
        scores[at] = { ...old, right: old.right + right[i]!, n: old.n + to - from };
      });
    }
    throwIfCancelled(signal);
    onScores([...scores]);
  }
  throwIfCancelled(signal);
  kept.keepScores(model, scores);
  return scores;
}
