import { canonicalJson } from '../canonicalJson.ts';
import { incompatible } from '../errors.ts';
import { recipeHash } from '../recipe/recipeHash.ts';
import { isMany, type Recipe } from '../recipe/recipe.ts';
import type { StoredCheckpoint } from '../storage/checkpoints.ts';
import { dataFinder, listData, type FindData } from '../storage/dataSets.ts';
import { getRun, listRuns, withRun } from '../storage/runs.ts';
import { dataNames } from './dataNames.ts';
import { executeRun } from './executeRun.ts';
import { onAnyDevice } from './onAnyDevice.ts';
import { withJob } from '../jobs/jobs.ts';
import { createMeter } from '../jobs/progress.ts';
import { useStanding } from '../library/adapters.ts';
import { checkpointsOf, identifiedOf } from '../library/library.ts';
import { planOf } from './planOf.ts';
import { isOfPlan, resultOf, type MergeRecord } from './runRecord.ts';
import type { RunPace, RunResult, RunSummary } from '../api/results.ts';
import type { EngineApi } from '../api/engine.ts';

export const run: EngineApi['run'] = (job, recipe, onProgress) =>
  withJob(job, async (signal, control) => {
    if (isMany(recipe))
      throw incompatible(
        'This recipe has a sweep or a comparison, which makes it many merges. Compare them, or take that out.',
      );
    const found = await checkpointsOf(recipe);
    const early = recipe.models.every(({ data, mask }) => !data && !mask);
    const meter = createMeter(onProgress);
    const inputs =
      early && !found.some(({ patch, adapter }) => patch ?? adapter)
        ? found
        : await identifiedOf(recipe, signal, (...at) => meter('Hashing', ...at));
    const findData = dataFinder();
    const data = await dataOf(recipe, findData);
    const id = await runIdOf(recipe, [...inputs, ...data]);
    const ids = inputs.map((each) => each.id);
    return withRun(id, () =>
      useStanding(ids, (checkpoints) =>
        onAnyDevice(async () => {
          const known = await getRun<MergeRecord>(id);
          const stored =
            known && isOfPlan(known, planOf(recipe, checkpoints, known.chunkElements))
              ? known
              : undefined;
          if (stored?.result) return resultOf(stored.result);
          return executeRun(
            { id, recipe, checkpoints, data, findData, stored },
            control,
            onProgress,
          );
        }),
      ),
    );
  });

/** Id of the run of a recipe on its inputs; one that began before their content ids were known keeps the id it has. */
async function runIdOf(
  recipe: Recipe,
  inputs: readonly Pick<StoredCheckpoint, 'id' | 'formerIds'>[],
): Promise<string> {
  const text = canonicalJson(recipe);
  const isOf = (record: MergeRecord) =>
    record.inputs.length === inputs.length &&
    inputs.every(({ id, formerIds = [] }, i) =>
      [id, ...formerIds].includes(record.inputs[i]?.id ?? ''),
    ) &&
    canonicalJson(record.recipe) === text;
  const ids = inputs.map(({ id }) => id);
  const found = (await listRuns<MergeRecord>()).find(isOf);
  return found?.id ?? (await recipeHash(recipe, ids)).slice(0, 16);
}

/** The data a recipe names; throws Incompatible when the library lacks some. */
async function dataOf(recipe: Recipe, find: FindData): Promise<{ name: string; id: string }[]> {
  const data = await Promise.all(dataNames(recipe).map(find));
  return data.map(({ name, id }) => ({ name, id }));
}

export async function runs(): Promise<RunSummary[]> {
  const records = await listRuns<MergeRecord>();
  const { held = [] } = await navigator.locks.query();
  const running = new Set(held.map(({ name }) => name));
  const there = new Map((await listData()).map(({ name, id }) => [name, id]));
  return records.map((record) => {
    const { id, recipe, result, journal, chunks, startedAt, error } = record;
    const data = result ? [] : record.inputs.slice(recipe.models.length + 1);
    const lost = data.flatMap(({ name, id }) => (there.get(name) === id ? [] : [name]));
    return {
      id,
      recipe,
      startedAt,
      error,
      state: result ? 'done' : running.has(`stitchwork-run-${id}`) ? 'running' : 'stopped',
      fraction: result ? 1 : journal.nextChunk / Math.max(1, chunks),
      lostData: [...new Set(lost)],
      ...(result && { pace: paceOf(result) }),
    };
  });
}

function paceOf({ seconds, parameters, adapter, localized, scores }: RunResult): RunPace {
  const pairs = new Set(scores.map(({ model, task }) => JSON.stringify([model, task])));
  return {
    ...{ seconds, parameters, adapter },
    searches: localized.flatMap(({ preset, seconds, reused }) =>
      reused ? [] : { preset, seconds },
    ),
    scored: pairs.size,
  };
}

export async function result(id: string): Promise<RunResult> {
  return (await finishedRecord(id)).result;
}

/** Hands a finished run and its checkpoints, base first, to `work`; throws Incompatible where it has no result. */
export async function useFinished<T>(
  id: string,
  work: (record: FinishedRecord, checkpoints: StoredCheckpoint[]) => Promise<T>,
): Promise<T> {
  const record = await finishedRecord(id);
  const ids = record.inputs.slice(0, record.recipe.models.length + 1).map((each) => each.id);
  return useStanding(ids, (checkpoints) => work(record, checkpoints));
}

export type FinishedRecord = MergeRecord & { result: RunResult };

async function finishedRecord(id: string): Promise<FinishedRecord> {
  const record = await recordOf(id);
  const { result } = record;
  if (!result) throw incompatible('That run has not finished. Resume it first.');
  return { ...record, result: resultOf(result) };
}

export async function recordOf(id: string): Promise<MergeRecord> {
  const record = await getRun<MergeRecord>(id);
  if (!record) throw incompatible('That result was deleted. Merge again.');
  return record;
}
