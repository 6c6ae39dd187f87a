import { evaluateRun } from '../evaluation/evaluateRun.ts';
import type { RunStage } from '../runAtWork.ts';

/** Scores the models of the run on the test data of their tasks, where the recipe asks for it. */
export const evaluateStage: RunStage = async (run) => {
  const started = performance.now();
  run.scores = await evaluateRun(run);
  run.evaluateSeconds += (performance.now() - started) / 1000;
};
