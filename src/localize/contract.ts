import type { LocalizeLive } from '../api/localizing.ts';
import type { Tensors } from '../gpu/tensors.ts';
import type { Block } from '../models/block.ts';
import type { ParameterSource } from '../models/blockwise.ts';
import type { Task } from '../models/task.ts';
import type { TaskMask } from '../scope/masks.ts';
import type { Scratch } from '../scope/scopeArrays.ts';
import type { ScopeTensor } from '../scope/scopeTensor.ts';
import type { TensorReader } from '../tensor/tensorIndex.ts';
import type { Localizer } from './localizer.ts';

/** One mask to be found. */
export interface MaskRequest {
  task: Task;
  /** Of the fine-tuned checkpoint: τ, and the tensors of the task's own head. */
  tuned: TensorReader;
  density: number;
  /** Joint localizing: a mask found earlier that stays as it is, by tensor name as in `TaskMask`. */
  fixed?: ReadonlyMap<string, Uint32Array>;
}

export interface LocalizeInput {
  localizer: Localizer;
  /** In the base's file order: ties go to the earlier position. */
  scope: readonly ScopeTensor[];
  base: TensorReader;
  /** One, or for a joint localizer all. */
  masks: readonly MaskRequest[];
  budget: 'exact' | 'free';
  /** Hand back what ranks positions, too. */
  keepScores?: boolean;
  /** Of the learning rate 0 means the localizer's default. */
  settings: { epochs: number; batchSize: number; learningRate: number; l1: number; seed: number };
}

/** What an optimisation needs to go on after it was cut off; its parts are the tensors of its state. */
export interface Snapshot {
  step: number;
  losses: number[];
  /** The localizer's own scalars. */
  numbers: Record<string, number>;
}

/** Keeps one snapshot at a time: a new one replaces the old when it is committed. */
export interface SnapshotStore {
  read(): Promise<Snapshot | null>;
  /** A part of the snapshot that `read` told of. */
  part(name: string): Promise<Uint8Array<ArrayBuffer>>;
  put(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  commit(snapshot: Snapshot): Promise<void>;
}

/** The optimisation as it goes, with the loss of every step. */
export type LiveState = Omit<LocalizeLive, 'models' | 'paused'>;

export interface LocalizeHost {
  tensors: Tensors;
  /** Bytes of weights and mask state that may stay on the device. */
  budgetBytes: number;
  /** For arrays that do not fit the budget; in memory unless given. */
  scratch?: Scratch;
  signal: AbortSignal;
  /** Settles at once, or when a pause ends. */
  resumed(): Promise<void>;
  onProgress(state: LiveState): void;
  /** Where a search is to go on after it was cut off. */
  snapshots?: SnapshotStore;
  /** Least time between snapshots, which are taken between epochs. */
  snapshotEveryMs?: number;
}

/** The host as optimisers see it. */
export interface Workplace extends LocalizeHost {
  scratch: Scratch;
  /** Remarks that hold for the whole optimisation. */
  notes: readonly string[];
  segments(blocks: readonly Block[]): Block[][];
  /** Parameters out of scope, as a task's model has them. */
  rest(task: number): ParameterSource;
}

export interface Localized {
  masks: TaskMask[];
  /** Of each mask, when asked for: what ranks the positions, over the whole scope in order. */
  scores?: Float32Array<ArrayBuffer>[];
  losses: number[];
  steps: number;
  notes: string[];
}
