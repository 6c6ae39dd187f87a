import { AppError } from '../errors.ts';
import type { Tensors } from '../gpu/tensors.ts';
import type { Block } from '../models/block.ts';
import { segmentsOf, type ParameterSource } from '../models/blockwise.ts';
import { createReaderSource } from '../models/readerSource.ts';
import type { Task } from '../models/task.ts';
import type { TensorInfo, TensorReader } from '../tensor/tensorIndex.ts';
import { memoryScratch, type Scratch } from '../scope/scopeArrays.ts';
import { localizeDataless } from './dataless.ts';
import type { Localizer } from './localizer.ts';
import { createLogitOptimiser } from './logits.ts';
import { hasShared, planMemory, type MemoryPlan } from '../scope/memory.ts';
import { optimise, type Optimiser } from './optimise.ts';
import { createRankOptimiser } from './rank.ts';

/** A tensor in scope: the base's, and its counterpart in the fine-tuned checkpoint of each mask. */
export interface ScopeTensor {
  base: TensorInfo;
  tuned: readonly TensorInfo[];
}

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

/** The optimisation as it goes; see LocalizeLive of the worker. */
export interface LiveState {
  epoch: number;
  epochs: number;
  step: number;
  steps: number;
  losses: readonly number[];
  accuracy: number | null;
  density: number;
  histogram: number[];
  secondsPerStep: number;
  notes: string[];
}

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
  snapshots: SnapshotStore;
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

/** A mask as bits: bit k of word w of a tensor's words is element 32w + k. Tensors without any are absent. */
export interface TaskMask {
  words: ReadonlyMap<string, Uint32Array<ArrayBuffer>>;
  /** Positions held. */
  kept: number;
}

export interface Localized {
  masks: TaskMask[];
  /** Of each mask, when asked for: what ranks the positions, over the whole scope in order. */
  scores?: Float32Array<ArrayBuffer>[];
  losses: number[];
  steps: number;
  notes: string[];
}

/**
 * Finds masks by the localizer's rule (He et al. 2025, §3.2, and DESIGN.md's variants). Throws Cancelled; Incompatible when
 * the loss is no number, keeping the last snapshot.
 */
export async function localize(input: LocalizeInput, host: LocalizeHost): Promise<Localized> {
  const { form } = input.localizer;
  if (form.kind === 'logits')
    return withWorkplace(input, host, (work) => createLogitOptimiser(form, input, work));
  if (form.kind === 'rank')
    return withWorkplace(input, host, (work) => createRankOptimiser(form, input, work));
  const masks = await localizeDataless(form.kind, input, host);
  return { masks, losses: [], steps: 0, notes: [] };
}

/** Streams from storage where the device has less room than the budget promised. */
async function withWorkplace<Name extends string>(
  input: LocalizeInput,
  host: LocalizeHost,
  create: (work: Workplace) => Promise<Optimiser<Name>>,
): Promise<Localized> {
  const plan = planMemory(input, host.budgetBytes);
  const wanted = `${Math.round(plan.wantedBytes / 1e6).toLocaleString('en')} MB`;
  const notes = plan.resident
    ? []
    : [`All weights and mask state would take ${wanted}, more than is set aside: ${streaming}`];
  try {
    return await optimiseWithin(input, host, plan, notes, create);
  } catch (thrown) {
    const full = thrown instanceof AppError && thrown.kind === 'QuotaFull';
    if (!full || host.budgetBytes === 0) throw thrown;
    const smaller = { ...host, budgetBytes: 0 };
    const note = `The GPU has no room for all weights and mask state, ${wanted}: ${streaming}`;
    return optimiseWithin(input, smaller, planMemory(input, 0), [note], create);
  }
}

const streaming = 'blocks stream from storage, which is slower.';

async function optimiseWithin<Name extends string>(
  input: LocalizeInput,
  host: LocalizeHost,
  { resident, restBytes }: MemoryPlan,
  notes: readonly string[],
  create: (work: Workplace) => Promise<Optimiser<Name>>,
): Promise<Localized> {
  const { masks, base, scope } = input;
  const rests = masks.map(({ tuned }) =>
    createReaderSource(host.tensors, ({ of }) => (of === 'model' ? base : tuned), restBytes),
  );
  const work: Workplace = {
    ...host,
    budgetBytes: Math.max(0, host.budgetBytes - restBytes),
    scratch: host.scratch ?? memoryScratch(),
    notes,
    segments: (blocks) => segmentsOf(blocks, resident || hasShared(blocks, scope)),
    rest: (task) => rests[task]!,
  };
  const optimiser = await create(work);
  try {
    return await optimise(optimiser, input, work);
  } finally {
    await optimiser.dispose();
    rests.forEach((rest) => rest.close());
  }
}
