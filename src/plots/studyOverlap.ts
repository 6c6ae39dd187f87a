import type { PairPoint } from './overlapFigures.ts';
import { mean, pairsOf } from './numbers.ts';
import { jaccardMatrix } from './resultFigures.ts';
import { type MeasuredPoint, measured, studyTasks } from './studyFigure.ts';

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
