import { createMethod, type Pass } from '../../method.ts';
import { electEqually, mergekitMean, taskVectors } from '../../passes/combine.ts';
import { selectVarying } from '../../passes/select.ts';
import { weigh } from '../../passes/weigh.ts';
import type { Sums } from '../../sums.ts';
import { face } from './face.ts';

const shares: Pass = { ...weigh('weigh(squares)', 'squares', shareOfSquares), sharesFactors: true };

/** Select by variance, calculate weights from sizes, erase minority signs (Wan et al. 2024), tensor by tensor. */
export const sce = createMethod(face, [
  taskVectors,
  selectVarying,
  shares,
  electEqually,
  mergekitMean,
]);

/** Equal weights where changes are next to nothing, as in mergekit. */
function shareOfSquares({ held, elements }: Sums): number[] {
  const total = held.reduce((sum, square) => sum + square, 0);
  return held.map((square) => (total / elements < 1e-6 ? 1 / held.length : square / total));
}
