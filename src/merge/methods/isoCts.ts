import type { Breathe } from '../../breathe.ts';
import { parameter, sumOfChanges, lambdaParameter, type Method } from '../method.ts';
import { times, timesTransposed, transposed, type Matrix } from '../matrix/products.ts';
import {
  asWide,
  fromWide,
  orthogonalSum,
  singularTriplets,
  sumOf,
  type Singular,
} from '../matrix/singular.ts';
import type { MatrixTask } from '../matrix/matrixTask.ts';

/** Iso-C whose weakest common directions give way to each task's own (Marczak et al. 2025), matrix by matrix. */
export const isoCts: Method = {
  label: 'Iso-CTS',
  summary: 'As Iso-C, with part of the directions left to what is each model’s own.',
  formula:
    'θ = θ_pre + λ σ̄ U⊥ V⊥ᵀ,  U, V = the strongest directions of Σ τᵢ, and of each τᵢ outside them,  X⊥ = the orthonormal matrix nearest to X',
  paper: { title: 'No Task Left Behind', url: 'https://arxiv.org/abs/2502.04959' },
  parameters: [
    lambdaParameter,
    parameter(
      'common_space_fraction',
      0.8,
      'Share of the directions that is common to all models; the rest is split evenly among them.',
    ),
  ],
  ...sumOfChanges,
  matrix: mergeSubspaces,
};

async function mergeSubspaces(task: MatrixTask): Promise<Float64Array> {
  const { rows, columns, models, breathe } = task;
  const tau = (model: number) => asWide(task.taskVector(model), rows, columns);
  const rank = Math.min(rows, columns);
  const own = ownDirections(rank, models, task.parameters.common_space_fraction ?? 1);
  const common = await singularTriplets(sumOf(models, tau), rank - own * models, breathe);
  const triplets: Singular[] = [];
  for (let model = 0; own > 0 && model < models; model++) {
    const rest = await outside(tau(model), common, rows > columns, breathe);
    triplets.push(await singularTriplets(rest, own, breathe, common.values[0]));
  }
  triplets.push(common);
  const mean = triplets.flatMap(({ values }) => values).reduce((a, b) => a + b, 0) / rank;
  const strengths = triplets.flatMap(({ left }) => Array.from({ length: left.rows }, () => mean));
  return fromWide(await orthogonalSum(triplets, strengths, breathe), rows, columns);
}

/** Directions of each model: what is not common, divided evenly, to the nearest whole number, halves to even. */
function ownDirections(rank: number, models: number, commonShare: number): number {
  const share = (rank - Math.floor(rank * commonShare)) / models;
  const floor = Math.floor(share);
  const up = share - floor > 0.5 || (share - floor === 0.5 && floor % 2 === 1);
  return Math.min(up ? floor + 1 : floor, Math.floor(rank / models));
}

/** A without what it does to the space of the common output directions, which are the right ones of a turned matrix. */
async function outside(
  a: Matrix,
  { left, right }: Singular,
  turned: boolean,
  breathe: Breathe,
): Promise<Matrix> {
  const inside = turned
    ? await times(await timesTransposed(a, right, breathe), right, breathe)
    : await times(transposed(left), await times(left, a, breathe), breathe);
  return { ...a, values: a.values.map((x, at) => x - inside.values[at]!) };
}
