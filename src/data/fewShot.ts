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

/** Of examples that are read in spans those of so few spans, drawn by the seed, that each class has its shots. */
export function fewSpans<Row extends { label: number; span?: number }>(
  rows: readonly Row[],
  shots: number | 'all',
  seed: number,
): readonly Row[] {
  if (shots === 'all' || rows[0]?.span === undefined) return rows;
  const counts: Map<string, number>[] = [];
  for (const { label, span = 0 } of rows) {
    while (counts.length <= span) counts.push(new Map());
    const labels = counts[span]!;
    labels.set(String(label), (labels.get(String(label)) ?? 0) + 1);
  }
  const chosen = new Set(chooseSpans(counts, shots, seed));
  return rows.filter(({ span = 0 }) => chosen.has(span));
}

/** Places of spans, in order, that together have `shots` of each label; taken in seeded order, those that add none left out. */
export function chooseSpans(
  spans: readonly ReadonlyMap<string, number>[],
  shots: number,
  seed: number,
): number[] {
  const lacking = new Map([...totalOf(spans).keys()].map((label) => [label, shots]));
  const chosen: number[] = [];
  for (const at of shuffled(spans.length, seed)) {
    const labels = [...spans[at]!].filter(([label]) => (lacking.get(label) ?? 0) > 0);
    if (labels.length === 0) continue;
    chosen.push(at);
    for (const [label, count] of labels) lacking.set(label, lacking.get(label)! - count);
  }
  return chosen.sort((a, b) => a - b);
}

/** How often each label is met in all spans. */
export function totalOf(spans: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const counts of spans)
    for (const [label, count] of counts) sums.set(label, (sums.get(label) ?? 0) + count);
  return sums;
}
