import { canonicalJson } from '../canonicalJson.ts';
import type { ErrorKind } from '../errors.ts';
import { freshJournal, type MergeJournal } from '../merge/journal.ts';
import type { MergePlan, OutputTensor } from '../merge/plan.ts';
import { noteRemark } from '../merge/remarks.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { untiedIn } from './planOf.ts';
import type { FindData } from '../storage/dataSets.ts';
import type { StoredRun } from '../storage/runs.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import type { RunResult, Score } from '../api/results.ts';
import type { StoredCheckpoint } from '../storage/checkpoints.ts';

/** Where the bytes of one output tensor lie: in the base, or in parts [firstPart, endPart) of the run. */
export interface OutputPlace extends Omit<OutputTensor, 'planned'> {
  tensor: TensorInfo;
  /** Name of the tensor as which it is written. */
  follows?: string;
  /** Set where rows of a tensor lie in several places: those that merge, the base's others, and new ones. */
  rows?: 'common' | 'rest' | 'new';
}

/** A merge as it is kept in storage, so that it can go on after a reload and be saved at any time. */
export type MergeRecord = StoredRun<{
  recipe: Recipe;
  /** The base, the models, then data; `adapter` is what an adapter lies on. */
  inputs: { name: string; id: string; patch?: true; adapter?: string }[];
  /** Elements per chunk: fixed for the run, so that it may go on on another GPU. */
  chunkElements: number;
  outputs: OutputPlace[];
  /** Tensors that the base ties and the output does not; earlier versions tied what repeats in the base. */
  untied?: string[];
  /** Of an output with more words than the base: their number, and the model that has them all. */
  words?: { rows: number; model: number };
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

const rowsOf = { merged: 'common', copied: 'rest', new: 'new' } as const;

const placesOf = ({ outputs }: MergePlan): OutputPlace[] =>
  outputs.map(({ planned: { tensor, follows, whole, fate }, ...place }) => ({
    ...{ tensor, ...place },
    ...(follows !== undefined && { follows }),
    ...(whole && { rows: rowsOf[fate] }),
  }));

/** Whether a run was planned as it would be now: earlier versions planned some tensors otherwise. */
export function isOfPlan({ outputs }: MergeRecord, plan: MergePlan): boolean {
  const facts = (places: readonly OutputPlace[]) =>
    places.map(({ tensor, ...place }) => [
      ...[tensor.name, tensor.shape, place.dtype, place.firstPart, place.endPart],
    ]);
  return canonicalJson(facts(outputs)) === canonicalJson(facts(placesOf(plan)));
}

/** The number of words of an output that has more than the base, and the model that has them all. */
function wordsOf({ outputs }: MergePlan): MergeRecord['words'] {
  const added = outputs.filter(({ planned }) => planned.fate === 'new');
  const last =
    added.findLast(({ planned }) => planned.role.component === 'embeddings') ?? added.at(-1);
  if (!last) return undefined;
  const { whole, models, tensor } = last.planned;
  const own = added.filter(({ planned }) => planned.tensor.name === tensor.name);
  const more = own.reduce((sum, { planned }) => sum + (planned.tensor.shape[0] ?? 0), 0);
  return {
    rows: (whole?.shape[0] ?? 0) + more,
    model: models.findIndex((each) => each !== null),
  };
}

/** The record of a run that has not begun. */
export function newRecord(
  { id, recipe, checkpoints, data }: Omit<RunInput, 'stored' | 'findData'>,
  chunkElements: number,
  plan: MergePlan,
): MergeRecord {
  const words = wordsOf(plan);
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
    outputs: placesOf(plan),
    untied: untiedIn(plan).map(({ name }) => name),
    ...(words && { words }),
    journal: freshJournal,
    scores: [],
    chunks: plan.chunks.length,
    startedAt: Date.now(),
    error: null,
    result: null,
  };
}
