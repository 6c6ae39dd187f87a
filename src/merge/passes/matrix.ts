import type { Instructions, Pass } from '../method.ts';

/** Makes the merged task vector of each matrix; other tensors get the mean of task vectors. */
export const matrix = (
  name: string,
  merge: NonNullable<Instructions['matrix']>,
  more: Pick<Instructions, 'matrixBytes' | 'usesTensors'> = {},
): Pass => ({ name, matrix: merge, ...more });
