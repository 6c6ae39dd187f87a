import type { ErrorKind } from '../errors.ts';
import type { MetricName, Recipe } from '../recipe/recipe.ts';
import type { LocalizedMask } from './localizing.ts';
import type { Remark } from './remarks.ts';

export type ScoredModel = 'base' | 'finetuned' | 'graft' | 'merged';

/** One measurement. */
export interface Score {
  model: ScoredModel;
  /** Name of the task's fine-tuned checkpoint, or of a general task. */
  task: string;
  metric: MetricName;
  /** Perplexity ≥ 1; the others 0 … 1. */
  value: number;
  /** Examples. */
  n: number;
}

/** One fine-tune measured on the tests of another task. */
export type CrossScore = Omit<Score, 'model'> & {
  /** Name of the fine-tuned checkpoint. */
  model: string;
};

/** What a model puts out for every test example of a task, in the order of the test data. */
export interface Predictions {
  /** Name of the task's fine-tuned checkpoint. */
  task: string;
  model: ScoredModel;
  /**
   * "logits" by class; or "nll", of every token after the first −log p(token | those before it), 0 behind the end of a
   * text; of choices, a row for each.
   */
  outputs: 'logits' | 'nll';
  /** Classes by column; empty for language models. */
  labels: string[];
  /** Of images, those that could be read. */
  paths: string[] | null;
  /** Rows and columns. */
  shape: [number, number];
  /** Row-major. */
  values: Float32Array;
}

/** A tensor in scope, and where it stands in the model. */
export interface TensorPlace {
  name: string;
  /** Block number, or null outside the blocks. */
  layer: number | null;
  /** "attention", "MLP", "LayerNorm", "embeddings", "head", "other". */
  component: string;
  elements: number;
}

/** Counts over the positions of one tensor in scope. */
export interface TensorStats extends TensorPlace {
  /** Positions in the mask of each model, in recipe order. */
  kept: number[];
  changed: number;
  /** Weight of each model, in recipe order, where the method gave this tensor weights of its own. */
  weights?: number[];
}

export interface RunResult {
  id: string;
  method: string;
  models: string[];
  base: string;
  parameters: { total: number; scope: number; changed: number };
  /** Fraction of scope positions in each model's mask, in recipe order. */
  density: number[];
  /** |γ_i ∩ γ_j| for every pair, row-major n × n; the diagonal holds |γ_i|. */
  intersections: number[];
  /** owners[k] = positions owned by exactly k tasks, k = 0 … n. */
  owners: number[];
  tensors: TensorStats[];
  /** Cosine of every pair of masked task vectors, row-major n × n; empty for methods without masks. */
  cosines: number[];
  /** Of the models whose masks were found with data. */
  localized: LocalizedMask[];
  scores: Score[];
  /** On tasks that no model was tuned for, of base and merged model; absent: there are none. */
  general?: Score[];
  remarks: Remark[];
  /** `evaluate` is for comparing task vectors and scoring models. */
  seconds: { localize: number; merge: number; evaluate: number };
  bytesRead: number;
  bytesWritten: number;
  adapter: string;
}

/** What a finished run took, by which others like it are told before. */
export interface RunPace extends Pick<RunResult, 'seconds' | 'parameters' | 'adapter'> {
  /** Masks that were searched for, and not found in storage. */
  searches: Pick<LocalizedMask, 'preset' | 'seconds'>[];
  /** Pairs of a model and a task that were scored. */
  scored: number;
}

export type RunState = 'running' | 'stopped' | 'done';

export interface RunSummary {
  id: string;
  recipe: Recipe;
  state: RunState;
  /** 0 … 1 */
  fraction: number;
  startedAt: number;
  error: { kind: ErrorKind; message: string } | null;
  /** Its data that were replaced or deleted since it began, by name, where it has not ended. */
  lostData: string[];
  /** Absent where it has not ended. */
  pace?: RunPace;
}
