import { openRows, rowLoops, type Row } from '../gpu/simd/rows.ts';

/** Counts over masks: positions per model, per pair, by number of owners, and changed ones. */
export interface MaskTally {
  elements: number;
  /** |γ_i| */
  kept: number[];
  /** |γ_i ∩ γ_j|, row-major models × models. */
  intersections: number[];
  /** Positions held by exactly k models, k = 0 … models. */
  owners: number[];
  changed: number;
}

export function emptyTally(models: number): MaskTally {
  return {
    elements: 0,
    kept: new Array<number>(models).fill(0),
    intersections: new Array<number>(models * models).fill(0),
    owners: new Array<number>(models + 1).fill(0),
    changed: 0,
  };
}

/** Adds the masks of `elements` positions: words is (models + 1) × ⌈elements / 32⌉, the last row the changed bits. */
export function addMasks(tally: MaskTally, words: Uint32Array, elements: number): void {
  const models = tally.kept.length;
  const length = Math.ceil(elements / 32);
  const pairs = models * models;
  const memory = openRows(4 * (words.length + pairs + models + 33));
  const [counts, masks, planes] = [pairs + models + 1, words.length, 32].map((count) =>
    memory.take(4 * count),
  ) as [Row, Row, Row];
  masks.words.set(words);
  counts.words.fill(0);
  rowLoops.countMasks(counts.at, masks.at, models, length, elements, planes.at);
  tally.changed += rowLoops.countBits(masks.at + 4 * models * length, length);
  tally.elements += elements;
  for (let count = 0; count <= models; count++)
    tally.owners[count]! += counts.words[pairs + count]!;
  for (let i = 0; i < models; i++)
    for (let j = 0; j < models; j++)
      tally.intersections[i * models + j]! +=
        counts.words[Math.min(i, j) * models + Math.max(i, j)]!;
  tally.kept = tally.kept.map((_, i) => tally.intersections[i * models + i]!);
}

/** Adds one tally to another over the same models. */
export function addTally(
  sum: MaskTally,
  { elements, kept, intersections, owners, changed }: MaskTally,
): void {
  const add = (into: number[], from: number[]) => from.forEach((count, i) => (into[i]! += count));
  sum.elements += elements;
  sum.changed += changed;
  add(sum.kept, kept);
  add(sum.intersections, intersections);
  add(sum.owners, owners);
}
