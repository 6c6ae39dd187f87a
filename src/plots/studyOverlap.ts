import type { PairPoint } from './overlapFigures.ts';
import { ratio, sum } from './resultFigures.ts';
import { type MeasuredPoint, measured, studyTasks } from './studyFigure.ts';

/** Mean over pairs of |γ_i ∩ γ_j| / |γ_i ∪ γ_j|, of row-major n × n counts; null for less than two masks. */
export function meanOverlap(intersections: readonly number[]): number | null {
  const n = Math.sqrt(intersections.length);
  const at = (i: number, j: number) => intersections[i * n + j] ?? 0;
  const pairs = Array.from({ length: n }, (_, i) => i).flatMap((i) =>
    Array.from({ length: i }, (_, j) => ratio(at(i, j), at(i, i) + at(j, j) - at(i, j))),
  );
  return pairs.length ? sum(pairs, (share) => share) / pairs.length : null;
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
