import { parameter, everywhere, type Method } from '../method.ts';
import type { Sums } from '../sums.ts';

const topkParameter = parameter(
  'select_topk',
  1,
  'Share of the weights of each tensor that may change: those on which the models differ most.',
);

/** Select by variance, calculate weights from sizes, erase minority signs (Wan et al. 2024), tensor by tensor. */
export const sce: Method = {
  label: 'SCE',
  summary:
    'Keeps where the models differ most, weighs each by its changes, and lets them vote on signs.',
  formula: 'θ = θ_pre + Σ wᵢ τᵢ / Σ wᵢ over the elected sign,  wᵢ ∝ mean τᵢ² of the selected',
  paper: { title: 'FuseChat', url: 'https://arxiv.org/abs/2408.07990' },
  parameters: [topkParameter],
  ...everywhere,
  mask: 'spread',
  byTensor: true,
  sums: 'squares',
  weigh: shareOfSquares,
  sharesFactors: true,
  constants: { DELTA: 1, ELECT: 1, EQUAL_VOTES: 1, MERGEKIT: 1 },
  mergekit: { base: 'apart', parameters: [topkParameter] },
};

/** Equal weights where changes are next to nothing, as in mergekit. */
function shareOfSquares({ held, elements }: Sums): number[] {
  const total = held.reduce((sum, square) => sum + square, 0);
  return held.map((square) => (total / elements < 1e-6 ? 1 / held.length : square / total));
}
