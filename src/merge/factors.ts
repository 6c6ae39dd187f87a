import { floatBits } from '../tensor/float.ts';
import type { TableRow } from './chunkStream.ts';
import type { MergePlan } from './plan.ts';
import type { PlannedTensor } from './preflight.ts';

/** For each model, the share and the factor of its terms in a tensor, as the words of the combine kernel's table. */
export function factorRows(plan: MergePlan, { role }: PlannedTensor): TableRow[] {
  const { method, weights, parameters, layers } = plan;
  const last = (layers[role.stack] ?? 1) - 1;
  const depth = role.layer === null || last <= 0 ? 0 : role.layer / last;
  return weights.map((weight, model) => {
    const more = method.factor?.(parameters[model] ?? {}, depth) ?? 1;
    return { model, words: [floatBits(weight), floatBits(weight * more)] };
  });
}
