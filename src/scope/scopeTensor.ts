import type { TensorInfo } from '../tensor/tensorIndex.ts';

/** A tensor in scope: the base's, and its counterpart in the fine-tuned checkpoint of each mask. */
export interface ScopeTensor {
  base: TensorInfo;
  tuned: readonly TensorInfo[];
}
