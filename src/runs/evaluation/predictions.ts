import { incompatible } from '../../errors.ts';
import { createStepMeter } from '../../jobs/progress.ts';
import { completeTask } from '../../tasks/preparedTask.ts';
import type { EngineApi } from '../../api/engine.ts';
import { askRun } from './askRun.ts';
import { predictWith } from './predictWith.ts';

export const predictions: EngineApi['predictions'] = (job, runId, { task, model }, onProgress) =>
  askRun(job, runId, async (run) => {
    const { plan, tools, control } = run;
    const asked = run.recipe.models[task];
    if (!asked?.data?.test)
      throw incompatible(
        `${asked ? `“${asked.model}”` : `Task ${task}`} has no test data in the recipe, so there is nothing to predict. Name some as test, and merge again.`,
      );
    if (model === 'graft' && plan.method.mask !== 'density')
      throw incompatible(`${plan.method.label} has no masks, hence no grafts.`);
    const own = await tools.prepared(task);
    const complete = await completeTask(own, await tools.tensors(), control.signal);
    const step = createStepMeter(onProgress);
    const of = { weights: task, kind: model, task };
    const { values, width } = await predictWith(run, of, complete, (share) =>
      step('Predicting', share, 1, `${own.name}, ${model}`),
    );
    return {
      task: own.name,
      model,
      outputs: own.labels.length > 0 ? 'logits' : 'nll',
      labels: [...own.labels],
      paths: own.pictures?.map(({ path }) => path) ?? null,
      shape: [own.test?.size ?? 0, width],
      values,
    };
  });
