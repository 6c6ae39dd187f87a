import { sumOfChanges, lambdaParameter, type Method } from '../method.ts';
import { times } from '../matrix/products.ts';
import { asWide, fromWide, inverseRoot, sumOf } from '../matrix/singular.ts';
import type { MatrixTask } from '../matrix/matrixTask.ts';

/** Sum of task vectors with all its singular values made equal to their mean (Marczak et al. 2025), matrix by matrix. */
export const isoC: Method = {
  label: 'Iso-C',
  summary: 'Adds up the changes and gives all their directions the same strength.',
  formula: 'θ = θ_pre + λ σ̄ U Vᵀ,  U S Vᵀ = Σ τᵢ,  σ̄ = mean of S',
  paper: { title: 'No Task Left Behind', url: 'https://arxiv.org/abs/2502.04959' },
  parameters: [lambdaParameter],
  ...sumOfChanges,
  matrix: mergeIsotropic,
};

async function mergeIsotropic(task: MatrixTask): Promise<Float64Array> {
  const { rows, columns, models, breathe } = task;
  const sum = sumOf(models, (i) => asWide(task.taskVector(i), rows, columns));
  const { root, sum: strengths } = await inverseRoot(sum, breathe);
  const mean = strengths / sum.rows;
  return fromWide(await times(root, sum, breathe), rows, columns).map((x) => mean * x);
}
