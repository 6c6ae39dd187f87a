import { formatPercent } from '../ui/format.ts';
import type { RunResult, TensorStats } from '../api/results.ts';
import { share, text } from './columns.ts';
import { mean, ratio, sum } from './numbers.ts';
import { byLayer, capital, groupBy, rank } from './resultFigures.ts';
import { sortRows, type Table } from '../ui/table.ts';

/** How masks and weights spread over one layer or component: shares of each mask's positions, and of the weights in scope. */
export interface ShareRow {
  label: string;
  /** In the order of the models; they sum to 1 over the rows. */
  shares: number[];
  scope: number;
}

export type SharePart = 'component' | 'layer';

/** Where each mask's positions lie (He et al. 2025, Figs 10 and 12): by component, or by layer, named from 1. */
export function maskShares(
  { tensors, models }: Pick<RunResult, 'tensors' | 'models'>,
  part: SharePart,
): ShareRow[] {
  const elementsOf = (group: readonly TensorStats[]) => sum(group, ({ elements }) => elements);
  const keptOf = (group: readonly TensorStats[]) =>
    models.map((_, i) => sum(group, ({ kept }) => kept[i] ?? 0));
  const [weights, held] = [elementsOf(tensors), keptOf(tensors)];
  const groups =
    part === 'component'
      ? [...groupBy(tensors, ({ component }) => component)].sort(([a], [b]) => rank(a) - rank(b))
      : byLayer(tensors);
  return groups.map(([label, group]) => ({
    label: capital(label),
    shares: keptOf(group).map((kept, i) => ratio(kept, held[i] ?? 0)),
    scope: ratio(elementsOf(group), weights),
  }));
}

const noticeable = 0.02;

/** What the shares say: the part that masks favour most, beyond its share of the weights. */
export function sharesTitle(rows: readonly ShareRow[], part: SharePart): string {
  const favoured = rows.map(({ label, shares, scope }) => ({
    label,
    scope,
    held: mean(shares) ?? 0,
  }));
  const [most] = sortRows(favoured, ({ held, scope }) => held - scope, 'descending');
  if (!most?.held) return 'No mask holds a position';
  if (rows.length === 1) return `All of every mask lies in one ${part}`;
  if (most.held - most.scope < noticeable) return `Masks spread over ${part}s as the weights do`;
  const name = part === 'layer' ? most.label.toLowerCase() : most.label;
  return `Masks favour ${name}: ${formatPercent(most.held)} of their positions in ${formatPercent(most.scope)} of the weights`;
}

export function sharesTable(
  rows: readonly ShareRow[],
  models: readonly string[],
  part: SharePart,
): Table {
  return {
    columns: [text(capital(part)), ...[...models, 'Weights in scope'].map(share)],
    rows: rows.map(({ label, shares, scope }) => [label, ...shares, scope]),
  };
}
