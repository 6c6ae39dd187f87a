import { toAppError } from '../errors.ts';
import type { Scratch } from '../scope/scopeArrays.ts';
import type { LiveState } from '../localize/contract.ts';
import { chunkElements, type MergePlan } from '../merge/plan.ts';
import { madePlan, withoutMade } from '../merge/madePlan.ts';
import { freshJournal, type MergeJournal } from '../merge/journal.ts';
import { keptPositions } from '../merge/keptPositions.ts';
import type { MergeHost, MergePart } from '../merge/mergeChunks.ts';
import { runMerge } from '../merge/runMerge.ts';
import type { StoredCheckpoint } from '../storage/checkpoints.ts';
import { createReader } from '../storage/reader.ts';
import { putParts, type RunPart } from '../storage/runs.ts';
import { announceLibraryChange } from '../storage/tabs.ts';
import { runCosines } from './evaluation/cosines.ts';
import { evaluateRun } from './evaluation/evaluateRun.ts';
import type { JobControl } from '../jobs/jobs.ts';
import { learn, type LearnedMerge } from './learn.ts';
import { createMatrixPool } from '../jobs/matrixPool.ts';
import { openMerge } from './mergeHost.ts';
import { findMasks, type FoundMasks } from './localizing/findMasks.ts';
import { liveOf } from './localizing/live.ts';
import { planSearches } from './localizing/searchPlan.ts';
import { notesOnPatches } from '../library/patchFiles.ts';
import { planOf } from './planOf.ts';
import { madeReader } from '../training/made.ts';
import { scopeOf } from './scopeOf.ts';
import { createRunTools, type RunTools } from './runTools.ts';
import { createMeter, createStepMeter } from '../jobs/progress.ts';
import { newRecord, type MergeRecord, type RunInput } from './runRecord.ts';
import { runResult } from './runResult.ts';
import type { RunResult } from '../api/results.ts';
import type { Progress } from '../api/progress.ts';

/** Bytes of all inputs of a chunk, as f32, on the GPU: two of them are in flight. */
const slotBytes = 16 * 2 ** 20;

/** Localizes, merges and evaluates from where the record stands; the record keeps why it stopped. */
export async function executeRun(
  input: RunInput,
  control: JobControl,
  report: (progress: Progress) => void,
): Promise<RunResult> {
  const { id, recipe, checkpoints, stored } = input;
  const elements = stored?.chunkElements ?? chunkElements(recipe.models.length, slotBytes);
  const plan = planOf(recipe, checkpoints, elements);
  let record = stored ?? newRecord(input, elements, plan, freshJournal);
  const save = async (changes: Partial<MergeRecord>) => {
    await putParts(id, [], { ...record, ...changes });
    record = { ...record, ...changes };
  };
  await save({ error: null });
  announceLibraryChange();
  const tools = createRunTools(recipe, checkpoints);
  const matrices = createMatrixPool(recipe.merge_method, control.signal);
  let learned: LearnedMerge | null = null;
  try {
    const found = await localizeStage(input, plan, control, tools, report);
    const masked = planOf(recipe, checkpoints, elements, found.stored);
    const step = createStepMeter(report);
    const host: MergeHost = {
      ...(await openMerge(checkpoints, found.stored)),
      ...{ signal: control.signal, tensors: tools.tensors, onProgress: createMeter(report) },
      resumed: () => control.resumed(),
      mergeBeside: (matrix) => matrices.merge(matrix),
      async save(parts, journal) {
        // Only what is stored counts: a record ahead of its parts could not be resumed.
        // Parts are left to the garbage collector: were they freed here, it would seldom run, and Blobs it has not
        // collected keep their bytes in the browser process.
        const advanced = { ...record, journal };
        await putParts(id, piecesOf(parts), advanced);
        record = advanced;
      },
    };
    if (!record.journal.weights) {
      const elect = (scratch: Scratch) => keptPositions(masked, host, record.journal, scratch);
      learned = await learn(input, masked, control, tools, step, elect);
      const { weights = null, made = false } = learned ?? {};
      // What was made is gone with the page that made it: the merge begins again with what is made now.
      const from = made ? freshJournal : record.journal;
      const bytesRead = from.bytesRead + (learned?.bytesRead ?? 0);
      if (learned) await save({ journal: { ...from, weights, bytesRead } });
    }
    const journal = await mergeStage(masked, learned, record.journal, host);
    record = { ...record, journal };
    const readers = checkpoints.map(createReader);
    const started = performance.now();
    const cosines = await runCosines(id, masked, readers, control.signal, (done, total) =>
      step('Comparing', done, total, 'task vectors'),
    );
    const scores = await evaluateRun({
      ...{ runId: id, recipe, checkpoints, plan: masked, control },
      ...{ tensors: tools.tensors, prepared: tools.prepared, known: record.scores ?? [] },
      masks: found.stored.map((mask) => mask?.id ?? null),
      save: (scores) => save({ scores: [...scores] }),
      onProgress: (done, total, detail) => step('Evaluating', done, total, detail),
    });
    const evaluate = (performance.now() - started) / 1000;
    const result = await runResult(
      ...([id, recipe, masked, journal] as const),
      { adapter: await tools.adapter(), architecture: checkpoints[0]?.architecture ?? null },
      {
        ...{ cosines, scores, localized: found.localized },
        notes: [...found.notes, ...(learned?.notes ?? []), ...patchNotes(masked, checkpoints)],
        seconds: { localize: found.seconds + (learned?.seconds ?? 0), evaluate },
      },
    );
    await save({ journal, result });
    return result;
  } catch (thrown) {
    const { kind, message } = toAppError(thrown);
    const error = kind === 'Cancelled' ? null : { kind, message };
    // The reason is a help, not worth a second failure: with a full disk it may find no room.
    await save({ error }).catch(() => undefined);
    throw thrown;
  } finally {
    matrices.close();
    await learned?.scratch.close();
    await tools.close();
  }
}

async function localizeStage(
  { recipe, checkpoints }: RunInput,
  plan: MergePlan,
  control: JobControl,
  { tensors, prepared }: RunTools,
  report: (progress: Progress) => void,
): Promise<FoundMasks> {
  const search = await planSearches(recipe, checkpoints, plan);
  if (!search) return { stored: [], localized: [], notes: [], seconds: 0 };
  const step = createStepMeter(report);
  let last: (() => void) | null = null;
  const onProgress = (models: readonly string[], state: LiveState) => {
    last = () => {
      const name = models.length === 1 ? (models[0] ?? '') : `${models.length} tasks`;
      const live = liveOf(models, state, control.paused);
      const detail = `epoch ${state.epoch + 1} of ${state.epochs}`;
      step(`Localizing ${name}`, state.step, state.steps, detail, live);
    };
    last();
  };
  control.onPause = () => last?.();
  try {
    return await findMasks(search, {
      ...{ recipe, checkpoints, plan, control, tensors, prepared, onProgress },
    });
  } finally {
    control.onPause = null;
  }
}

async function mergeStage(
  plan: MergePlan,
  learned: LearnedMerge | null,
  journal: MergeJournal,
  host: MergeHost,
): Promise<MergeJournal> {
  if (!learned?.made) return runMerge(plan, host, journal);
  const readers = [...host.readers, madeReader(learned.scratch, scopeOf(plan, []))];
  const save: MergeHost['save'] = (parts, reached) =>
    host.save(
      parts.map((part) => withoutMade(plan, part)),
      reached,
    );
  return runMerge(madePlan(plan), { ...host, readers, save }, journal);
}

function patchNotes({ outputs }: MergePlan, checkpoints: readonly StoredCheckpoint[]): string[] {
  const merged = outputs.filter(({ planned }) => planned.fate === 'merged');
  return notesOnPatches(checkpoints, new Set(merged.map(({ planned }) => planned.tensor.name)));
}

function piecesOf(parts: readonly MergePart[]): RunPart[] {
  return parts.flatMap(({ number, out, mask }) => [
    { kind: 'out' as const, number, data: out },
    ...(mask ? [{ kind: 'mask' as const, number, data: mask }] : []),
  ]);
}
