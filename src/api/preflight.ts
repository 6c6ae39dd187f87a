import type { DType } from '../tensor/dtype.ts';
import type { Remark } from './remarks.ts';

export type TensorFate = 'merged' | 'copied';

/** What will become of one tensor of the base, and why when it is copied. */
export interface TensorPlan {
  name: string;
  dtype: DType;
  shape: readonly number[];
  elements: number;
  fate: TensorFate;
  /** Plain reason when copied, e.g. "out of scope (embeddings)", "missing in sst2", "tied to wte.weight". */
  reason?: string;
}

/** How one fine-tuned checkpoint fits the base. Tensor names are the base's unless said otherwise. */
export interface ModelFit {
  name: string;
  matched: number;
  /** Prefix added to or removed from this checkpoint's names to reach the base's; null when names are equal. */
  prefix: { add: string; remove: string } | null;
  /** Names of tensors that this checkpoint has under another name than a prefix tells. */
  renamed: string[];
  missing: string[];
  /** Names as in this checkpoint. */
  extra: string[];
  /** Tensors that differ in their number of rows alone, and merge over those that all have. */
  rowsDiffer: { name: string; base: number; model: number }[];
  shapeDiffers: { name: string; base: readonly number[]; model: readonly number[] }[];
  dtypeDiffers: { name: string; base: DType; model: DType }[];
  /** Stored, but not read, as it repeats another, e.g. lm_head.weight = wte.weight. */
  tied: { name: string; to: string }[];
  /** Parts of the base, by their paths, that stay as they are because of this checkpoint; absent where there are none. */
  apart?: { path: string; why: 'is missing' | 'does not fit'; tensors: string[] }[];
  /** Set when the checkpoint cannot be merged with the base; names every tensor concerned. */
  refusal: string | null;
}

/** What merging these checkpoints will do, from headers alone. */
export interface Preflight {
  base: string;
  /** id and label of the base's architecture, or null when unknown. */
  architecture: { id: string; label: string } | null;
  /** Parameters of the base, and those in scope. */
  parameters: { total: number; scope: number };
  tensors: TensorPlan[];
  models: ModelFit[];
  /** Bytes: of all weight files, and of the merged output in the base's dtypes. */
  bytes: { inputs: number; output: number };
  /** Whether a model has rows beyond the base's in a tensor that merges. */
  moreRows: boolean;
  remarks: Remark[];
  /** Bytes of memory that a run of the recipe takes at most beside what the page has; absent without a recipe. */
  memory?: number;
}
