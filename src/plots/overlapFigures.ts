import { formatPercent } from '../ui/format.ts';
import type { LabOwners } from '../api/lab.ts';
import { count, share, text } from './columns.ts';
import { mean, pairsOf, ratio } from './numbers.ts';
import { jaccardMatrix } from './resultFigures.ts';
import { type MeasuredPoint, measured, studyTasks } from './studyFigure.ts';
import type { Table } from '../ui/table.ts';

/** Weights of a matrix by who holds them. */
export interface OwnerCounts {
  first: number;
  second: number;
  both: number;
  nobody: number;
}

/** Counts who of two masks, by their bits, holds each weight. */
export function ownerCounts({ bits }: LabOwners, first: number, second: number): OwnerCounts {
  const counts = [0, 0, 0, 0];
  for (const owners of bits) counts[((owners >> first) & 1) + 2 * ((owners >> second) & 1)]!++;
  const [nobody = 0, one = 0, two = 0, both = 0] = counts;
  return { nobody, first: one, second: two, both };
}

/** What the map of owners says. */
export function ownersFinding({ first, second, both, nobody }: OwnerCounts): string {
  const owned = first + second + both;
  if (!owned) return 'Nobody holds a weight of this tensor';
  const untouched = formatPercent(ratio(nobody, owned + nobody));
  if (!both) return `No weight is held by both; ${untouched} are nobody’s`;
  return `${formatPercent(ratio(both, owned))} of the weights held here are held by both`;
}

export function ownersTableOf(
  counts: OwnerCounts,
  names: readonly [first: string, second: string],
): Table {
  const all = counts.first + counts.second + counts.both + counts.nobody;
  const rows: [string, number][] = [
    [`${names[0]} alone`, counts.first],
    [`${names[1]} alone`, counts.second],
    ['Both', counts.both],
    ['Nobody', counts.nobody],
  ];
  return {
    columns: [text('Held by'), count('Weights'), share('Share')],
    rows: rows.map(([name, weights]) => [name, weights, ratio(weights, all)]),
  };
}

/** Two stitched tasks at one density: how far their masks overlap, and how well the model does both. */
export interface PairPoint {
  density: number;
  /** |γ_a ∩ γ_b| / |γ_a ∪ γ_b|. */
  jaccard: number;
  /** Mean of both tasks. */
  accuracy: number;
}

/** What overlap against accuracy says: where the two do best, and what becomes of that when all weights are put back. */
export function pairFinding(points: readonly PairPoint[]): string {
  const [best] = points.toSorted((a, b) => b.accuracy - a.accuracy || a.density - b.density);
  const full = points.find(({ density }) => density === 1);
  if (!best || points.length < 2) return 'Overlap and accuracy, density by density';
  const top = `Best at ${densityText(best.density)}: ${formatPercent(best.accuracy)}`;
  if (!full || full === best) return top;
  const lost = best.accuracy - full.accuracy;
  if (lost < 0.01) return `${top}, and no worse at 100\u00a0%`;
  return `${top}; with everything put back ${formatPercent(full.accuracy)}`;
}

/** A density as on screen: "0.5 %", "40 %". */
export const densityText = (density: number) => `${Number((100 * density).toPrecision(2))}\u00a0%`;

/** Accuracy, by this name, and overlap as lines over density. */
export function pairLines(accuracy: string, points: readonly PairPoint[]) {
  const line = (of: 'accuracy' | 'jaccard') =>
    points.map((point) => ({ x: point.density, y: point[of], half: 0 }));
  return [
    { label: accuracy, slot: 0, main: true, points: line('accuracy') },
    { label: 'Overlap', slot: 1, main: false, points: line('jaccard') },
  ];
}

export function pairTable(points: readonly PairPoint[]): Table {
  return {
    columns: [text('Density'), share('Overlap (Jaccard index)'), share('Mean accuracy of both')],
    rows: points.map(({ density, jaccard, accuracy }) => [densityText(density), jaccard, accuracy]),
  };
}

/** Mean over pairs of |γ_i ∩ γ_j| / |γ_i ∪ γ_j|, of row-major n × n counts; null for less than two masks. */
export function meanOverlap(intersections: readonly number[]): number | null {
  return mean(pairsOf(jaccardMatrix({ intersections })).map(({ value }) => value));
}

/** Overlap and merged accuracy of one localizer's points, by rising density. */
export function overlapPoints(points: readonly MeasuredPoint[]): PairPoint[] {
  const tasks = studyTasks(points, 'accuracy');
  return points
    .flatMap(({ value, scores, intersections }) => {
      const jaccard = meanOverlap(intersections ?? []);
      const accuracy = measured(scores, 'merged', 'accuracy', tasks)?.y;
      if (jaccard === null || accuracy === undefined) return [];
      return [{ density: value, jaccard, accuracy }];
    })
    .sort((a, b) => a.density - b.density);
}
