import { AppError, toAppError } from '../errors.ts';
import type { Compute } from '../gpu/compute.ts';
import { requestCompute } from '../gpu/requestCompute.ts';
import { methodOf } from '../merge/methods/registry.ts';
import { chunkElements, planMerge, type MergePlan } from '../merge/plan.ts';
import { planTensors } from '../merge/preflight.ts';
import { freshJournal, runMerge } from '../merge/runMerge.ts';
import { recipeHash } from '../recipe/recipeHash.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { useCheckpoints, type StoredCheckpoint } from '../storage/checkpoints.ts';
import { createReader } from '../storage/reader.ts';
import { deleteRun, getRun, listRuns, putParts, withRun } from '../storage/runs.ts';
import { announceLibraryChange } from '../storage/tabs.ts';
import { withJob } from './jobs.ts';
import { checkpointsOf } from './library.ts';
import { createMeter } from './progress.ts';
import { newRecord, type MergeRecord } from './runRecord.ts';
import { runResult } from './runResult.ts';
import type { RunResult, RunSummary, WorkerApi } from './types.ts';

/** Bytes of all inputs of a chunk, as f32, on the GPU: two of them are in flight. */
const slotBytes = 16 * 2 ** 20;

export const run: WorkerApi['run'] = (job, recipe, onProgress) =>
  withJob(job, async (signal) => {
    const checkpoints = await checkpointsOf(recipe);
    const ids = checkpoints.map(({ id }) => id);
    const id = (await recipeHash(recipe, ids)).slice(0, 16);
    return withRun(id, () =>
      useCheckpoints(ids, async () => {
        const record = await getRun<MergeRecord>(id);
        if (record?.result) return record.result;
        const meter = createMeter(onProgress);
        return execute(id, recipe, checkpoints, record, signal, meter);
      }),
    );
  });

async function execute(
  id: string,
  recipe: Recipe,
  checkpoints: StoredCheckpoint[],
  stored: MergeRecord | undefined,
  signal: AbortSignal,
  onProgress: ReturnType<typeof createMeter>,
): Promise<RunResult> {
  const elements = stored?.chunkElements ?? chunkElements(recipe.models.length, slotBytes);
  const plan = planOf(recipe, checkpoints, elements);
  let record = stored ?? newRecord(id, recipe, checkpoints, elements, plan, freshJournal);
  record = { ...record, error: null };
  await putParts(id, [], record);
  announceLibraryChange();
  try {
    const compute: Compute = await requestCompute();
    const readers = checkpoints.map(createReader);
    const journal = await runMerge(
      plan,
      {
        ...{ compute, readers, signal, onProgress },
        async save(parts, journal) {
          const pieces = parts.flatMap(({ number, out, mask }) => [
            { kind: 'out' as const, number, data: out },
            ...(mask ? [{ kind: 'mask' as const, number, data: mask }] : []),
          ]);
          // Only what is stored counts: a record ahead of its parts could not be resumed.
          // Parts are left to the garbage collector: were they freed here, it would seldom run, and Blobs it has not
          // collected keep their bytes in the browser process.
          const advanced = { ...record, journal };
          await putParts(id, pieces, advanced);
          record = advanced;
        },
      },
      record.journal,
    );
    const result = await runResult(id, recipe, plan, journal, {
      adapter: compute.adapter,
      architecture: checkpoints[0]?.architecture ?? null,
    });
    await putParts(id, [], { ...record, journal, result });
    return result;
  } catch (thrown) {
    const { kind, message } = toAppError(thrown);
    const error = kind === 'Cancelled' ? null : { kind, message };
    // The reason is a help, not worth a second failure: with a full disk it may find no room.
    await putParts(id, [], { ...record, error }).catch(() => undefined);
    throw thrown;
  }
}

function planOf(recipe: Recipe, checkpoints: StoredCheckpoint[], elements: number): MergePlan {
  const method = methodOf(recipe.merge_method);
  if (!method)
    throw new AppError('BadFile', `There is no method “${recipe.merge_method}”. Choose another.`);
  const [base, ...models] = checkpoints;
  if (!base) throw new AppError('Bug', 'A merge needs a base.');
  const tensors = planTensors(base, models, recipe.scope ?? method.defaultScope);
  return planMerge(tensors, recipe, method, elements);
}

export async function runs(): Promise<RunSummary[]> {
  const records = await listRuns<MergeRecord>();
  const { held = [] } = await navigator.locks.query();
  const running = new Set(held.map(({ name }) => name));
  return records.map(({ id, recipe, result, journal, chunks, startedAt, error }) => ({
    ...{ id, recipe, startedAt, error },
    state: result ? 'done' : running.has(`stitchwork-run-${id}`) ? 'running' : 'stopped',
    fraction: result ? 1 : journal.nextChunk / Math.max(1, chunks),
  }));
}

export async function result(id: string): Promise<RunResult> {
  const { result } = await recordOf(id);
  if (!result) throw new AppError('Incompatible', 'That run has not finished. Resume it first.');
  return result;
}

export async function recordOf(id: string): Promise<MergeRecord> {
  const record = await getRun<MergeRecord>(id);
  if (!record) throw new AppError('Incompatible', 'That result was deleted. Merge again.');
  return record;
}

export const removeRun = deleteRun;
