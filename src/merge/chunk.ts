import type { PlannedTensor } from './preflight.ts';

/** A run of elements of one tensor that fits a slot, or several small tensors; `part` numbers its output. */
export interface Chunk {
  /** Of several the first. */
  tensor: PlannedTensor;
  start: number;
  elements: number;
  part: number;
  /** Elements in scope before these. */
  position: number;
  /** Number of the group that its positions are ranked in. */
  group: number;
  /** The chunks that it joins, each a whole tensor: the elements and the parts of one follow those of the other. */
  joined?: readonly Chunk[];
}
