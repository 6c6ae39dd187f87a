import type { ErrorKind } from '../errors.ts';
import { freshJournal, type MergeJournal } from '../merge/journal.ts';
import type { MergePlan, OutputTensor } from '../merge/plan.ts';
import { noteRemark } from '../merge/remarks.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { FindData } from '../storage/dataSets.ts';
import type { StoredRun } from '../storage/runs.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import type { RunResult, Score } from '../api/results.ts';
import type { StoredCheckpoint } from '../storage/checkpoints.ts';

/** Where the bytes of one output tensor lie: in the base, or in parts [firstPart, endPart) of the run. */
export interface OutputPlace extends Omit<OutputTensor, 'planned'> {
  tensor: TensorInfo;
}

/** A merge as it is kept in storage, so that it can go on after a reload and be saved at any time. */
export type MergeRecord = StoredRun<{
  recipe: Recipe;
  /** The base, the models, then data; `adapter` is what an adapter lies on. */
  inputs: { name: string; id: string; patch?: true; adapter?: string }[];
  /** Elements per chunk: fixed for the run, so that it may go on on another GPU. */
  chunkElements: number;
  outputs: OutputPlace[];
  journal: MergeJournal;
  /** Measured so far. */
  scores: Score[];
  /** Chunks of the whole run. */
  chunks: number;
  startedAt: number;
  error: { kind: ErrorKind; message: string } | null;
  result: RunResult | null;
}>;

/** A result as it is told now: earlier versions stored sentences alone. */
export function resultOf(stored: RunResult & { notes?: readonly string[] }): RunResult {
  const { notes = [], ...result } = stored;
  return { ...result, remarks: result.remarks ?? notes.map(noteRemark) };
}

/** A recipe at work on its checkpoints, base first. */
export interface RunInput {
  id: string;
  recipe: Recipe;
  checkpoints: StoredCheckpoint[];
  data: readonly { name: string; id: string }[];
  findData: FindData;
  stored: MergeRecord | undefined;
}

/** The record of a run that has not begun. */
export function newRecord(
  { id, recipe, checkpoints, data }: Omit<RunInput, 'stored' | 'findData'>,
  chunkElements: number,
  plan: MergePlan,
): MergeRecord {
  return {
    id,
    recipe,
    inputs: [
      ...checkpoints.map(({ name, id, patch, laid }) => ({
        name,
        id,
        ...(patch && { patch: true as const }),
        ...(laid && { adapter: laid.on.name }),
      })),
      ...data.map(({ name, id }) => ({ name, id })),
    ],
    chunkElements,
    outputs: plan.outputs.map(({ planned: { tensor }, ...place }) => ({ tensor, ...place })),
    journal: freshJournal,
    scores: [],
    chunks: plan.chunks.length,
    startedAt: Date.now(),
    error: null,
    result: null,
  };
}
