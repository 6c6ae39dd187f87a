import { incompatible } from '../../errors.ts';
import type { Scratch } from '../../scope/scopeArrays.ts';
import type { KeptBits } from '../../scope/arraySpecs.ts';
import { defaultLocalize, type Recipe } from '../../recipe/recipe.ts';
import type { StoredCheckpoint } from '../../storage/checkpoints.ts';
import { createReader } from '../../storage/reader.ts';
import { countReads } from '../../tensor/countReads.ts';
import type { TensorReader } from '../../tensor/tensorIndex.ts';
import { createScratch } from '../../jobs/scratch.ts';
import type { TrainingTask } from '../../training/learner.ts';
import { modelReader, withFloats } from '../evaluation/predictWith.ts';
import { memoryBudget } from '../../jobs/memoryBudget.ts';
import { freshJournal } from '../../merge/journal.ts';
import { keptPositions } from '../../merge/keptPositions.ts';
import { hostOf } from '../mergeHost.ts';
import { scopeOf } from '../scopeOf.ts';
import { completeTask } from '../../tasks/preparedTask.ts';
import type { PlannedRun } from '../planRun.ts';
import type { LearnedMerge, RunAtWork, RunStage } from '../runAtWork.ts';

const defaultBatch = 16;

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

/** What learning needs of a run. */
type LearningRun = PlannedRun & Pick<RunAtWork, 'step'>;

/**
 * Learns what the method of a run wants from data, by `elect` on what its masks keep where signs are elected; null where it
 * learns nothing. Throws Incompatible where a model has no examples.
 */
export async function learn(
  run: LearningRun,
  elect: (scratch: Scratch) => Promise<KeptBits>,
): Promise<LearnedMerge | null> {
  const { id, recipe, checkpoints, plan, control, tools, step } = run;
  const { learner } = plan.method;
  if (!learner) return null;
  const started = performance.now();
  refuseWithoutExamples(plan.method.label, recipe.models);
  step(learner.stage, 0, 1, 'examples');
  const tensors = await tools.tensors();
  let bytesRead = 0;
  const open = (checkpoint: StoredCheckpoint) =>
    countReads(createReader(checkpoint), (bytes) => (bytesRead += bytes));
  const tasks = await trainingTasks(run, open);
  const { seed, batch_size: batchSize = defaultBatch } = recipe.localize ?? defaultLocalize;
  const scratch = createScratch(`learn-${id}`);
  try {
    const all = recipe.models.map((_, m) => m);
    const preparing = performance.now() - started;
    const kept = plan.method.constants.ELECT ? await elect(scratch) : null;
    const learning = performance.now();
    const learned = await learner.run(
      {
        tasks,
        parameters: plan.parameters,
        settings: { batchSize, seed },
        scope: scopeOf(plan, all),
        base: open(checkpoints[0]!),
        ...(kept && { kept }),
      },
      {
        tensors,
        scratch,
        signal: control.signal,
        budgetBytes: await memoryBudget(tensors),
        resumed: () => control.resumed(),
        onProgress: (done, total, detail) => step(learner.stage, done, total, detail),
      },
    );
    const seconds = (preparing + performance.now() - learning) / 1000;
    return { ...learned, scratch, seconds, bytesRead };
  } catch (thrown) {
    await scratch.close();
    throw thrown;
  }
}

async function trainingTasks(
  run: LearningRun,
  open: (checkpoint: StoredCheckpoint) => TensorReader,
): Promise<TrainingTask[]> {
  const { recipe, checkpoints, control, tools } = run;
  const tensors = await tools.tensors();
  const tasks: TrainingTask[] = [];
  for (const m of recipe.models.keys()) {
    const prepared = await tools.prepared(m);
    const task = await completeTask(prepared, tensors, control.signal);
    const tuned = open(checkpoints[m + 1]!);
    const model = modelReader(run, m, 'finetuned', open);
    tasks.push({ task, floats: task.blocks.map(withFloats), tuned, model });
  }
  return tasks;
}

function refuseWithoutExamples(label: string, models: Recipe['models']): void {
  const without = models.filter(({ data }) => data?.train === undefined);
  if (without.length === 0) return;
  const names = without.map(({ model }) => `“${model}”`).join(', ');
  throw incompatible(
    `${label} learns from examples of every task, and there are no training data for ${names}. Add data, or choose another method.`,
  );
}
