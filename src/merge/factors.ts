import type { Parameters } from '../recipe/parameters.ts';
import { floatBits } from '../tensor/float.ts';
import type { TableRow } from './chunkStream.ts';
import type { MergePlan } from './plan.ts';
import type { PlannedTensor } from './preflight.ts';

/**
 * For each model, the share and the factor of its terms in a tensor, as words of the combine kernel's table; `own` are
 * the factors in each merged tensor, in order, where a method weighs tensors.
 */
export function createFactors(
  { method, models, values, layers, outputs }: MergePlan,
  own: readonly (readonly number[] | null)[] | null | undefined,
): (tensor: PlannedTensor) => TableRow[] {
  const merged = outputs.filter(({ planned }) => planned.fate === 'merged');
  const factorsOf = new Map(merged.map(({ planned }, i) => [planned, own?.[i]]));
  return (tensor) => {
    const { layer, stack } = tensor.role;
    const last = (layers[stack] ?? 1) - 1;
    const depth = layer === null || last <= 0 ? 0 : layer / last;
    const given = factorsOf.get(tensor);
    const each = method.matrix ? 1 / models : 1;
    return values(tensor).map((parameters, model) => {
      const { weight = 1 } = parameters;
      const factor = given?.[model] ?? weight * (method.factor?.(parameters, depth) ?? each);
      const share = method.sharesFactors ? factor : weight;
      return { model, words: [floatBits(share), floatBits(factor)] };
    });
  };
}

/** λ of a tensor with these parameters: 1 where the method does not scale. */
export function lambdaOf({ method }: MergePlan, { lambda = 1 }: Parameters = {}): number {
  return method.scales ? lambda : 1;
}
