import type { Progress } from '../api/progress.ts';
import type { Score } from '../api/results.ts';
import type { JobControl } from '../jobs/jobs.ts';
import { createMatrixPool } from '../jobs/matrixPool.ts';
import { createStepMeter } from '../jobs/progress.ts';
import type { createScratch } from '../jobs/scratch.ts';
import { chunkElements } from '../merge/plan.ts';
import { putParts, type RunPart } from '../storage/runs.ts';
import type { Learned } from '../training/learner.ts';
import type { FoundMasks } from './localizing/findMasks.ts';
import { planRun, type PlannedRun } from './planRun.ts';
import { newRecord, type MergeRecord, type RunInput } from './runRecord.ts';

/** What a merge learned, and the private file that holds what it made; close it after the merge. */
export interface LearnedMerge extends Learned {
  scratch: ReturnType<typeof createScratch>;
  seconds: number;
  /** Of the checkpoints, while learning. */
  bytesRead: number;
}

/** A run on its way through its stages: what they share, and what each leaves for those after it. */
export interface RunAtWork extends PlannedRun {
  matrices: ReturnType<typeof createMatrixPool>;
  report(progress: Progress): void;
  /** Tells of steps of work that are no bytes. */
  step: ReturnType<typeof createStepMeter>;
  /** As stored last, but for a journal that a merge has just ended. */
  record: MergeRecord;
  /** Stores the record with these changes, and parts beside it. */
  save(changes: Partial<MergeRecord>, parts?: readonly RunPart[]): Promise<void>;
  found: FoundMasks;
  /** Null where the method learns nothing. */
  learned: LearnedMerge | null;
  /** Of pairs of masked task vectors. */
  cosines: number[];
  /** What it merged on: a GPU's name, or the CPU and why. */
  adapter: string;
  scores: Score[];
  /** Spent on comparing task vectors and on scoring. */
  evaluateSeconds: number;
}

/** One step of every run; it leaves what it found in the run. */
export type RunStage = (run: RunAtWork) => Promise<void>;

/** Bytes of all inputs of a chunk, as f32, on the GPU: two of them are in flight. */
const slotBytes = 16 * 2 ** 20;

/** A run where its record stands, or at its beginning. */
export function openRun(
  { stored, ...input }: RunInput,
  control: JobControl,
  report: (progress: Progress) => void,
): RunAtWork {
  const { id, recipe } = input;
  const elements = stored?.chunkElements ?? chunkElements(recipe.models.length, slotBytes);
  const planned = planRun(input, elements, control);
  const run: RunAtWork = {
    ...planned,
    matrices: createMatrixPool(recipe.merge_method, control.signal),
    report,
    step: createStepMeter(report),
    record: stored ?? newRecord(input, elements, planned.plan),
    async save(changes, parts = []) {
      // Only what is stored counts: a record ahead of its parts could not be resumed.
      const advanced = { ...run.record, ...changes };
      await putParts(id, parts, advanced);
      run.record = advanced;
    },
    found: { stored: [], localized: [], notes: [], seconds: 0 },
    learned: null,
    cosines: [],
    adapter: '',
    scores: [],
    evaluateSeconds: 0,
  };
  return run;
}

/** Ends what the stages opened. */
export async function closeRun({ matrices, learned, tools }: RunAtWork): Promise<void> {
  matrices.close();
  await learned?.scratch.close();
  await tools.close();
}
