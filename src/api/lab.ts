import type { Recipe, TaskData } from '../recipe/recipe.ts';
import type { LocalizeLive } from './localizing.ts';
import type { OnProgress } from './progress.ts';
import type { TensorPlace } from './results.ts';

/**
 * How a mask is chosen: largest changes, at random, or by the localizer (its id) whose search `find` ran on that task.
 * A search's ranking is read off at any density; it was found at that of `find`.
 */
export interface LabMask {
  by: string;
  /** Share of the scope, 0 … 1. */
  density: number;
  /** Of `random`; the number of the task unless given. */
  seed?: number;
}

/** A model made in memory from the base and its fine-tunes, whose tasks are numbered as in the recipe. */
export type LabModel =
  | { kind: 'base' }
  | { kind: 'tuned'; task: number }
  /** θ_pre + Σ wᵢ τᵢ: average, task arithmetic, negation. One weight per fine-tune; absent ones are 0. */
  | { kind: 'sum'; weights: number[] }
  /** Stitch of one mask per fine-tune; null leaves one out. One mask alone is a graft. */
  | { kind: 'stitch'; masks: (LabMask | null)[] }
  /** TIES over these fine-tunes. */
  | { kind: 'ties'; tasks: number[]; density: number; lambda: number }
  /** What a finished run merged, by its id. */
  | { kind: 'run'; run: string };

/** One that is made of task vectors. */
export type MadeModel = Exclude<LabModel, { kind: 'run' }>;

/** A task with data, but no fine-tune of its own. */
export interface LabExtra {
  name: string;
  data: TaskData;
}

/** What to hold: a recipe whose models all have data, and how its tasks are called. */
export interface LabInput {
  recipe: Recipe;
  /** Numbered after the recipe's models. */
  extra?: LabExtra[];
  /** Labels and lines about tasks by the names of models and extras; absent: the name, and nothing. */
  told?: Record<string, { label: string; about: string }>;
}

export interface LabTask {
  /** Name of the model in the recipe, or of the extra task. */
  id: string;
  label: string;
  /** One plain line, or empty. */
  about: string;
  /** Class names. */
  labels: string[];
  input: 'images' | 'text';
  /** Test examples. */
  tests: number;
  /** Training examples of the rarest class: most that `find` can take per class. 0 without training data. */
  shots: number;
  /** It has no fine-tune: it tells what the base knows, and has no task vector. */
  general: boolean;
}

/** What is open. */
export interface LabInfo {
  /** Changes with the checkpoints, the data and the recipe. */
  id: string;
  tasks: LabTask[];
  /** N: positions that masks may hold. */
  scope: number;
  parameters: number;
  backend: 'webgpu' | 'wasm';
  /** Names of the tensors in scope that `owners` can show, with rows and columns. */
  matrices: { name: string; rows: number; columns: number }[];
  /** Pixels of an image's side, as the model sees it; null for text. */
  image: { side: number } | null;
}

/** Test examples told right so far. */
export interface LabScore {
  task: number;
  right: number;
  /** Examples seen. */
  n: number;
  /** All test examples. */
  of: number;
}

/** What a search found; its ranking stays until these tasks are searched anew. */
export interface LabFound {
  localizer: string;
  tasks: number[];
  /** At which it was searched. */
  density: number;
  seconds: number;
  steps: number;
  /** At most 200, equally spaced. */
  losses: number[];
  /** Whether it is there on a later visit; not so where storage has no room for it. */
  kept: boolean;
}

export interface LabFindOptions {
  density: number;
  /** Per class. */
  shots: number | 'all';
  /** Absent: the localizer's own. */
  epochs?: number;
  seed: number;
}

/** A tensor in scope, and how far a fine-tune moved it. */
export interface LabTensor extends TensorPlace {
  shape: number[];
  /** Root mean squares. */
  tau: number;
  base: number;
}

/** A task vector over the scope. */
export interface LabVector {
  /** Positions by log₁₀|τ| in equal bins from `from` to `to`; those with τ = 0 are `zeros`. */
  histogram: { from: number; to: number; counts: number[]; zeros: number };
  /** Euclidean norms. */
  norm: number;
  baseNorm: number;
  tensors: LabTensor[];
}

/** How masks overlap; masks that are null hold nothing. */
export interface LabOverlap {
  /** Positions held, by mask. */
  kept: number[];
  /** |γ_i ∩ γ_j|, row-major n × n. */
  intersections: number[];
  /** owners[k] = positions held by exactly k masks. */
  owners: number[];
  /** Positions of their stitch that differ from the base. */
  changed: number;
}

/** Who holds each weight of a matrix, row-major; bit i is mask i. */
export interface LabOwners {
  rows: number;
  columns: number;
  bits: Uint16Array<ArrayBuffer>;
}

/** Something to ask the models about: a picture, or a text. */
export type LabQuestion = Blob | ImageBitmap | { text: string; text_b?: string };

/** A base and its fine-tunes held in memory, remade and scored as sliders move; `EngineApi.lab`. */
export interface LabApi {
  /**
   * Loads a recipe's checkpoints, heads and test examples from the library, in place of what was open. Throws Incompatible
   * for models without data, QuotaFull where memory does not hold them. `cancel(job)` ends it.
   */
  open(job: string, input: LabInput, onProgress: OnProgress): Promise<LabInfo>;
  close(): Promise<void>;
  /**
   * Scores on a first part of every task's tests, then on growing ones, each reported; the last is on all. A newer
   * request of the same slot, `stop` or `close` ends it with Cancelled.
   */
  score(
    slot: string,
    model: LabModel,
    tasks: number[],
    onScores: (scores: LabScore[]) => void,
  ): Promise<LabScore[]>;
  stop(slot: string): Promise<void>;
  /** Positions in scope where a model differs from the base. */
  changed(model: LabModel): Promise<number>;
  /**
   * Runs a localizer (its id) on few training examples of one task, or of several for `joint`, and keeps its ranking for
   * masks `by` that localizer on these tasks. `cancel(job)` and `pause(job)` apply.
   */
  find(
    job: string,
    localizer: string,
    tasks: number[],
    options: LabFindOptions,
    onLive: (live: LocalizeLive) => void,
  ): Promise<LabFound>;
  /** Searches whose masks can be used, those of earlier visits first. */
  found(): Promise<LabFound[]>;
  vector(task: number): Promise<LabVector>;
  /** One mask per fine-tune. */
  overlap(masks: (LabMask | null)[]): Promise<LabOverlap>;
  /** Of at most 16 masks, one per fine-tune, over one of `LabInfo.matrices`. */
  owners(tensor: string, masks: (LabMask | null)[]): Promise<LabOwners>;
  /** Probabilities that each model gives the classes of a task. */
  answer(models: LabModel[], task: number, question: LabQuestion): Promise<number[][]>;
  /** Some test pictures of a task, of every class in turn; none for text. */
  pictures(task: number, count: number): Promise<{ label: number; picture: ImageBitmap }[]>;
  /** Some test texts of a task, of every class in turn; none for pictures. */
  texts(task: number, count: number): Promise<{ label: number; text: string; text_b?: string }[]>;
}
