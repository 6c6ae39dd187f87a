import { withJob } from '../../jobs/jobs.ts';
import { dataFinder } from '../../storage/dataSets.ts';
import { planRun, type PlannedRun } from '../planRun.ts';
import { useFinished } from '../runs.ts';

/** Opens the models of a finished run, as a job, for as long as `ask` takes. */
export function askRun<T>(
  job: string,
  id: string,
  ask: (run: PlannedRun) => Promise<T>,
): Promise<T> {
  return withJob(job, (_, control) =>
    useFinished(id, async ({ recipe, chunkElements, inputs }, checkpoints) => {
      const data = inputs.slice(checkpoints.length);
      const findData = dataFinder(new Map(data.map((each) => [each.name, each.id])));
      const run = planRun({ id, recipe, checkpoints, findData }, chunkElements, control);
      return ask(run).finally(run.tools.close);
    }),
  );
}
