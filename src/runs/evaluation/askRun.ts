import { incompatible } from '../../errors.ts';
import { withJob } from '../../jobs/jobs.ts';
import { dataFinder } from '../../storage/dataSets.ts';
import { planRun, type PlannedRun } from '../planRun.ts';
import { isOfPlan } from '../runRecord.ts';
import { useFinished } from '../runs.ts';

/** Opens the models of a finished run, as a job, for as long as `ask` takes. */
export function askRun<T>(
  job: string,
  id: string,
  ask: (run: PlannedRun) => Promise<T>,
): Promise<T> {
  return withJob(job, (_, control) =>
    useFinished(id, async (record, checkpoints) => {
      const { recipe, chunkElements, inputs } = record;
      const data = inputs.slice(checkpoints.length);
      const findData = dataFinder(new Map(data.map((each) => [each.name, each.id])));
      const run = planRun({ id, recipe, checkpoints, findData }, chunkElements, control);
      if (!isOfPlan(record, run.plan))
        throw incompatible(
          'That result was merged by an earlier version, which took other tensors for tied. Merge again to ask it; its files can be saved as they are.',
        );
      return ask(run).finally(run.tools.close);
    }),
  );
}
