import { createMethod } from '../../method.ts';
import { scale, sum, taskVectors } from '../../passes/combine.ts';
import { matrix } from '../../passes/matrix.ts';
import {
  gramOf,
  inverseMap,
  inWorkspace,
  orthogonalSum,
  rightSingular,
  type Spectral,
} from '../../matrix/singular.ts';
import { face } from './face.ts';

/** Task vectors cut to their share of the rank, their singular vectors made orthogonal (Gargiulo et al. 2025), by matrix. */
export const tsvMerge = createMethod(face, [
  taskVectors,
  matrix('task singular vectors', (task) => inWorkspace(task, mergeSingularVectors)),
  sum,
  scale,
]);

/** Matrices of fewer rows or columns than models leave no direction to each: their mean. */
function mergeSingularVectors(spectral: Spectral): Float32Array {
  const { workspace, taus, short } = spectral;
  const each = Math.floor(short / taus.length);
  if (each === 0)
    return taus[0]!.map((_, at) => taus.reduce((sum, tau) => sum + tau[at]!, 0) / taus.length);
  const all = taus.map((tau) => {
    const found = rightSingular(spectral, () => gramOf(spectral, [{ tensors: [tau] }]), each);
    return {
      short: found.vectors,
      long: [{ tensors: [tau], map: inverseMap(workspace, found) }],
      strengths: found.sizes.slice(0, found.vectors.rows),
    };
  });
  return orthogonalSum(spectral, all);
}
