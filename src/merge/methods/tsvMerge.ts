import { sumOfChanges, lambdaParameter, type Method } from '../method.ts';
import {
  asWide,
  fromWide,
  orthogonalSum,
  singularTriplets,
  sumOf,
  type Singular,
} from '../matrix/singular.ts';
import type { MatrixTask } from '../matrix/matrixTask.ts';

/** Task vectors cut to their share of the rank, their singular vectors made orthogonal (Gargiulo et al. 2025), by matrix. */
export const tsvMerge: Method = {
  label: 'TSV-Merge',
  summary: 'Keeps the strongest directions of each change, and turns them out of each other’s way.',
  formula:
    'θ = θ_pre + λ U⊥ S V⊥ᵀ,  U, S, V = the rank / N largest singular triplets of each τᵢ,  X⊥ = the orthonormal matrix nearest to X',
  paper: { title: 'Task singular vectors', url: 'https://arxiv.org/abs/2412.00081' },
  parameters: [lambdaParameter],
  ...sumOfChanges,
  matrix: mergeSingularVectors,
};

/** Matrices of fewer rows or columns than models leave no direction to each: their mean. */
async function mergeSingularVectors(task: MatrixTask): Promise<Float64Array> {
  const { rows, columns, models, breathe } = task;
  const tau = (model: number) => asWide(task.taskVector(model), rows, columns);
  const each = Math.floor(Math.min(rows, columns) / models);
  if (each === 0) return fromWide(sumOf(models, tau), rows, columns).map((x) => x / models);
  const triplets: Singular[] = [];
  for (let model = 0; model < models; model++)
    triplets.push(await singularTriplets(tau(model), each, breathe));
  const strengths = triplets.flatMap(({ values, left }) => values.slice(0, left.rows));
  return fromWide(await orthogonalSum(triplets, strengths, breathe), rows, columns);
}
