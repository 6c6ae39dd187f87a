import { sumOfChanges, lambdaParameter, type Method } from '../method.ts';
import {
  gramOf,
  inverseMap,
  inWorkspace,
  orthogonalSum,
  rightSingular,
  type Spectral,
} from '../matrix/singular.ts';

/** Task vectors cut to their share of the rank, their singular vectors made orthogonal (Gargiulo et al. 2025), by matrix. */
export const tsvMerge: Method = {
  label: 'TSV-Merge',
  summary: 'Keeps the strongest directions of each change, and turns them out of each other’s way.',
  formula:
    'θ = θ_pre + λ U⊥ S V⊥ᵀ,  U, S, V = the rank / N largest singular triplets of each τᵢ,  X⊥ = the orthonormal matrix nearest to X',
  paper: { title: 'Task singular vectors', url: 'https://arxiv.org/abs/2412.00081' },
  parameters: [lambdaParameter],
  ...sumOfChanges,
  matrix: (task) => inWorkspace(task, mergeSingularVectors),
};

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
