import { badFile } from '../errors.ts';
import { shuffled } from './random.ts';

/**
 * `shots` rows of each class: the first ones in the order shuffled(rows, seed), and in that order; all rows as they
 * are for 'all'. Throws BadFile when a class has fewer.
 */
export function fewShot<Row extends { label: number }>(
  rows: readonly Row[],
  labels: readonly string[],
  shots: number | 'all',
  seed: number,
): Row[] {
  if (shots === 'all') return [...rows];
  const taken = labels.map(() => 0);
  const chosen: Row[] = [];
  for (const at of shuffled(rows.length, seed)) {
    const row = rows[at]!;
    if (taken[row.label]! >= shots) continue;
    taken[row.label]!++;
    chosen.push(row);
  }
  const short = taken.findIndex((count) => count < shots);
  if (short < 0) return chosen;
  throw badFile(
    `The class ${JSON.stringify(labels[short])} has ${taken[short]} examples, fewer than the ${shots} asked for. Ask for ${taken[short] || 1} or fewer per class, or for all, or add examples.`,
  );
}
