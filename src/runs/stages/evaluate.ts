import { evaluateRun } from '../evaluation/evaluateRun.ts';
import type { RunStage } from '../runAtWork.ts';

/** Scores the models of the run on the test data of their tasks, where the recipe asks for it. */
export const evaluateStage: RunStage = async (run) => {
  const { id, recipe, checkpoints, plan, control, tools, found, record, step } = run;
  const started = performance.now();
  run.scores = await evaluateRun({
    runId: id,
    recipe,
    checkpoints,
    plan,
    control,
    tensors: tools.tensors,
    prepared: tools.prepared,
    masks: found.stored.map((mask) => mask?.id ?? null),
    known: record.scores ?? [],
    save: (scores) => run.save({ scores: [...scores] }),
    onProgress: (done, total, detail) => step('Evaluating', done, total, detail),
  });
  run.evaluateSeconds += (performance.now() - started) / 1000;
};
