import type { TensorReader } from '../tensor/tensorIndex.ts';

/** Reads the tensors of a stored checkpoint; `BadFile` when its stored copy is damaged. */
export interface CheckpointReader extends TensorReader {
  /** Of a patch: words [from, to) of its mask over a tensor of the base. */
  maskWords?(name: string, from: number, to: number): Promise<Uint32Array<ArrayBuffer>>;
}
