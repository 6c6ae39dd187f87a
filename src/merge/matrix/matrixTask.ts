import type { Breathe } from '../../breathe.ts';
import type { Tensors } from '../../gpu/tensors.ts';
import type { Parameters } from '../../recipe/parameters.ts';

/** The task vectors of one 2-D tensor, as a method of whole matrices sees them. */
export interface MatrixTask {
  rows: number;
  columns: number;
  models: number;
  parameters: Parameters;
  /** τ of a model, row by row; finite. */
  taskVector(model: number): Float32Array<ArrayBuffer>;
  /** tfjs on a GPU; absent: the SIMD kernels are faster. */
  tensors?(): Promise<Tensors>;
  breathe: Breathe;
}

/** What such a method makes of it. */
export interface MergedMatrix {
  /** The merged task vector, row by row. */
  changes: Float32Array;
  /** Whether inverse iteration did not find its singular vectors, and QL did. */
  fellBack: boolean;
}

/** One such tensor by itself. */
export interface MatrixInput extends Pick<MatrixTask, 'rows' | 'columns' | 'parameters'> {
  /** τ of each model, row by row; finite. */
  taskVectors: readonly Float32Array<ArrayBuffer>[];
}
