import type { PlannedTensor } from './preflight.ts';

/** A run of elements of one tensor that fits a slot; `part` numbers its output. */
export interface Chunk {
  tensor: PlannedTensor;
  start: number;
  elements: number;
  part: number;
  /** Elements in scope before these. */
  position: number;
  /** Number of the group that its positions are ranked in. */
  group: number;
}
