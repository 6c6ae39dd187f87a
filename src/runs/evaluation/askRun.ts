import type { Recipe } from '../../recipe/recipe.ts';
import { useCheckpoints } from '../../storage/checkpoints.ts';
import { planOf } from '../planOf.ts';
import { withJob } from '../../jobs/jobs.ts';
import { finishedRecord } from '../runs.ts';
import { createRunTools, type RunTools } from '../runTools.ts';
import type { ModelHost } from './evaluateRun.ts';

/** A finished run whose models can be asked, and the tasks of its recipe. */
export interface AskedRun {
  recipe: Recipe;
  host: ModelHost;
  prepared: RunTools['prepared'];
  signal: AbortSignal;
}

/** Opens the models of a finished run, as a job, for as long as `ask` takes. */
export function askRun<T>(
  job: string,
  runId: string,
  ask: (run: AskedRun) => Promise<T>,
): Promise<T> {
  return withJob(job, async (signal, control) => {
    const { recipe, inputs, chunkElements } = await finishedRecord(runId);
    const ids = inputs.slice(0, recipe.models.length + 1).map(({ id }) => id);
    return useCheckpoints(ids, async (checkpoints) => {
      const { prepared, tensors, close } = createRunTools(recipe, checkpoints);
      const plan = planOf(recipe, checkpoints, chunkElements);
      const host = { runId, checkpoints, plan, control, tensors };
      return ask({ recipe, host, prepared, signal }).finally(close);
    });
  });
}
