import type { OpenedCheckpoint } from '../formats/checkpoint.ts';
import type { TensorRole } from '../models/describeTensor.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';

/** What is needed of a checkpoint to tell how it fits others. */
export type CheckpointHeader = Pick<
  OpenedCheckpoint,
  'name' | 'index' | 'architecture' | 'parts' | 'ties'
>;

/** Whether a tensor of the base and one of a model are alike enough in shape to merge. */
export type Meets = (base: TensorInfo, model: TensorInfo) => boolean;

/** What ties do to the tensors of a model. */
export interface ModelTies {
  /** Tensors by names of the output: where one is absent, the one that it is tied to. */
  standIns: ReadonlyMap<string, TensorInfo>;
  /** Tensors that are not read, as they repeat those that are. */
  repeats: readonly { name: string; to: string }[];
}

/** A base with what the output has of its tensors, and with the role of each, by name. */
export interface DescribedBase extends CheckpointHeader {
  /** In the order of the output: those of the base, then those that it gets. */
  tensors: readonly TensorInfo[];
  /** Names of those that it gets, and of those that are written as another is. */
  added: ReadonlySet<string>;
  follows: ReadonlyMap<string, string>;
  roles: ReadonlyMap<string, TensorRole>;
  /** Whether a tensor merges with its counterpart. */
  meets: Meets;
}
