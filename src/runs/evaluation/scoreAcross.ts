import type { Recipe } from '../../recipe/recipe.ts';
import { createStepMeter } from '../../jobs/progress.ts';
import { completeTask } from '../../tasks/preparedTask.ts';
import type { CrossScore } from '../../api/results.ts';
import type { EngineApi } from '../../api/engine.ts';
import { askRun } from './askRun.ts';
import { predictWith } from './predictWith.ts';

export const scoreAcross: EngineApi['scoreAcross'] = (job, runId, onProgress) =>
  askRun(job, runId, async (run) => {
    const { recipe, tools, control } = run;
    const step = createStepMeter(onProgress);
    const pairs = otherTasks(recipe);
    const scores: CrossScore[] = [];
    for (const [task, models] of pairs.entries()) {
      if (!models.length) continue;
      const own = await tools.prepared(task);
      const [metric] = own.metrics;
      if (!own.test || !metric) continue;
      const complete = await completeTask(own, await tools.tensors(), control.signal);
      for (const weights of models) {
        const name = nameOf(recipe, weights);
        const of = { weights, kind: 'finetuned', task } as const;
        const total = pairs.flat().length;
        const outputs = await predictWith(run, of, complete, (share) =>
          step('Evaluating', scores.length + share, total, `${name} on ${own.name}`),
        );
        const value = own.measure(outputs, metric);
        scores.push({ model: name, task: own.name, metric, value, n: own.examples });
      }
    }
    return scores;
  });

const nameOf = ({ models }: Recipe, at: number) => models[at]?.model ?? '';

/** For each task the models of the others; none for a task without test data. */
function otherTasks({ models }: Recipe): number[][] {
  return models.map(({ data }, task) =>
    data?.test ? models.map((_, m) => m).filter((m) => m !== task) : [],
  );
}
