import type { TensorStats } from '../api/results.ts';
import { ratio, sum } from './numbers.ts';

/** Mean weight of each model over the weights of one layer, and what the layer is called. */
export interface WeightRow {
  label: string;
  weights: number[];
}

/** The weights that a method gave to tensors, by layer in order and then those outside the layers; none where it gave none. */
export function weightRows(tensors: readonly TensorStats[]): WeightRow[] {
  const layers = new Map<number | null, TensorStats[]>();
  for (const tensor of tensors)
    if (tensor.weights) layers.set(tensor.layer, [...(layers.get(tensor.layer) ?? []), tensor]);
  const order = [...layers].sort(([a], [b]) => (a ?? Infinity) - (b ?? Infinity));
  return order.map(([layer, members]) => {
    const total = sum(members, ({ elements }) => elements);
    const weighed = (m: number) =>
      sum(members, ({ weights, elements }) => (weights?.[m] ?? 0) * elements);
    return {
      label: layer === null ? 'Outside the layers' : `Layer ${layer + 1}`,
      weights: (members[0]?.weights ?? []).map((_, m) => ratio(weighed(m), total)),
    };
  });
}
