import type { TensorStats } from '../api/results.ts';
import { ratio, sum } from './numbers.ts';
import { byLayer } from './resultFigures.ts';

/** Mean weight of each model over the weights of one layer, and what the layer is called. */
export interface WeightRow {
  label: string;
  weights: number[];
}

/** The weights that a method gave to tensors, by layer in order and then those outside the layers; none where it gave none. */
export function weightRows(tensors: readonly TensorStats[]): WeightRow[] {
  return byLayer(tensors.filter(({ weights }) => weights)).map(([label, members]) => {
    const total = sum(members, ({ elements }) => elements);
    const weighed = (m: number) =>
      sum(members, ({ weights, elements }) => (weights?.[m] ?? 0) * elements);
    const weights = (members[0]?.weights ?? []).map((_, m) => ratio(weighed(m), total));
    return { label, weights };
  });
}
