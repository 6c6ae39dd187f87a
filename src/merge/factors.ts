import { floatBits } from '../tensor/float.ts';
import type { TableRow } from './chunkStream.ts';
import type { MergePlan } from './plan.ts';
import type { PlannedTensor } from './preflight.ts';

/**
 * For each model, the share and the factor of its terms in a tensor, as words of the combine kernel's table; `own` are
 * the weights of the models in each merged tensor, in order, where a method weighs tensors.
 */
export function createFactors(
  { method, weights, parameters, layers, outputs }: MergePlan,
  own: readonly (readonly number[])[] | null | undefined,
): (tensor: PlannedTensor) => TableRow[] {
  const merged = outputs.filter(({ planned }) => planned.fate === 'merged');
  const weightsOf = new Map(merged.map(({ planned }, i) => [planned, own?.[i] ?? weights]));
  return (tensor) => {
    const { layer, stack } = tensor.role;
    const last = (layers[stack] ?? 1) - 1;
    const depth = layer === null || last <= 0 ? 0 : layer / last;
    return (weightsOf.get(tensor) ?? weights).map((weight, model) => {
      const share = method.matrix ? 1 / weights.length : 1;
      const more = method.factor?.(parameters[model] ?? {}, depth) ?? share;
      return { model, words: [floatBits(weight), floatBits(weight * more)] };
    });
  };
}
