import { createMethod } from '../../method.ts';
import { scale, sum, taskVectors } from '../../passes/combine.ts';
import { matrix } from '../../passes/matrix.ts';
import {
  gramOf,
  inWorkspace,
  isotropicMap,
  mapped,
  rightSingular,
  type Spectral,
} from '../../matrix/singular.ts';
import { face } from './face.ts';

/** Sum of task vectors with all its singular values made equal to their mean (Marczak et al. 2025), matrix by matrix. */
export const isoC = createMethod(face, [
  taskVectors,
  matrix('isotropic', (task) => inWorkspace(task, mergeIsotropic)),
  sum,
  scale,
]);

/** The sum of task vectors with its singular values all at their mean. */
function mergeIsotropic(spectral: Spectral): Float32Array {
  const { workspace, taus, short } = spectral;
  const sum = rightSingular(spectral, () => gramOf(spectral, [{ tensors: taus }]));
  const mean = sum.sizes.reduce((total, size) => total + size, 0) / short;
  return mapped(spectral, taus, isotropicMap(workspace, sum, mean));
}
