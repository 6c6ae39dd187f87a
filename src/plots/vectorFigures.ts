import { formatPercent } from '../ui/format.ts';
import type { LabTensor, LabVector } from '../api/lab.ts';
import { count, share, text } from './columns.ts';
import { ratio, sum } from './numbers.ts';
import { capital, groupBy, rank } from './resultFigures.ts';
import type { Table } from '../ui/table.ts';

type Histogram = LabVector['histogram'];

/** A number as on screen, with two digits that matter: "0.0012", "3.4e-7". */
export function formatSmall(value: number): string {
  const rounded = Number(value.toPrecision(2));
  return rounded === 0 || rounded >= 1e-4
    ? String(rounded)
    : rounded.toExponential(1).replace('.0e', 'e');
}

/** |τ| at the upper edge of a bin. */
const upper = ({ from, to, counts }: Histogram, bin: number) =>
  10 ** (from + ((bin + 1) * (to - from)) / counts.length);

/** The |τ| that this share of positions do not exceed, to the upper edge of its bin; 0 where so many did not move. */
export function quantile(histogram: Histogram, share: number): number {
  const { counts, zeros } = histogram;
  const wanted = share * (zeros + sum(counts, (positions) => positions));
  let seen = zeros;
  if (seen >= wanted) return 0;
  for (const [bin, positions] of counts.entries()) {
    seen += positions;
    if (seen >= wanted) return upper(histogram, bin);
  }
  return upper(histogram, counts.length - 1);
}

/** What the histogram says: how far most weights moved, and how far the few did that moved most. */
export function histogramFinding(histogram: Histogram): string {
  const [half, top] = [quantile(histogram, 0.5), quantile(histogram, 0.99)];
  if (top === 0) return 'Fewer than one weight in a hundred moved';
  const few = `one in a hundred by more than ${formatSmall(top)}`;
  return half === 0
    ? `Half of the weights did not move, ${few}`
    : `Half of the weights moved by less than ${formatSmall(half)}, ${few}`;
}

export function vectorTable(histogram: Histogram): Table {
  const { counts, zeros, from } = histogram;
  const rows = counts.map((positions, i) => {
    const low = i ? upper(histogram, i - 1) : 10 ** from;
    return [`${formatSmall(low)} to ${formatSmall(upper(histogram, i))}`, positions];
  });
  return {
    columns: [text('Size of the change'), count('Weights')],
    rows: [['0', zeros], ...rows],
  };
}

/** Tensors of one component in one layer: how far they moved, relative to the size of the base's weights. */
export interface Move {
  component: string;
  layer: number | null;
  elements: number;
  /** Root mean square of τ over that of the base; 0 where the base is 0. */
  share: number;
}

/** Moves by component, in the order of every figure, and layer; those outside the layers last of their component. */
export function moves(tensors: readonly LabTensor[]): Move[] {
  const groups = groupBy(tensors, ({ component, layer }) => `${component} ${layer}`);
  return [...groups.values()]
    .map((group) => {
      const square = (of: (tensor: LabTensor) => number) =>
        sum(group, (tensor) => tensor.elements * of(tensor) ** 2);
      const [moved, whole] = [square(({ tau }) => tau), square(({ base }) => base)];
      const { component, layer } = group[0]!;
      return {
        component,
        layer,
        elements: sum(group, ({ elements }) => elements),
        share: Math.sqrt(ratio(moved, whole)),
      };
    })
    .sort((a, b) => rank(a.component) - rank(b.component) || (a.layer ?? 1e9) - (b.layer ?? 1e9));
}

export const moveName = ({ component, layer }: Move) =>
  layer === null ? capital(component) : `${capital(component)}, layer ${layer + 1}`;

/** What the map of moves says: where the task vector is largest for its place. */
export function movesFinding(list: readonly Move[]): string {
  const [most] = list.toSorted((a, b) => b.share - a.share);
  if (!most?.share) return 'No tensor moved';
  const least = Math.min(...list.map(({ share }) => share));
  if (least > 0.9 * most.share)
    return `Every part moved about as far: ${formatPercent(most.share)} of its size`;
  return `Furthest moved: ${moveName(most)}, by ${formatPercent(most.share)} of its size`;
}

export function movesTable(list: readonly Move[]): Table {
  return {
    columns: [text('Part'), count('Weights'), share('Change relative to the base')],
    rows: list.map((move) => [moveName(move), move.elements, move.share]),
  };
}
