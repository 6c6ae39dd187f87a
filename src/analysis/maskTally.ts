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
  const row = (m: number, w: number) => words[m * length + w] ?? 0;
  for (let w = 0; w < length; w++) {
    tally.changed += countOnes(row(models, w));
    const size = Math.min(32, elements - 32 * w);
    const any = anyOwner(words, models, length, w);
    if (any === 0) {
      tally.owners[0]! += size;
      continue;
    }
    for (let i = 0; i < models; i++)
      for (let j = i; j < models; j++)
        tally.intersections[i * models + j]! += countOnes(row(i, w) & row(j, w));
    countOwners(tally.owners, words, models, length, w, size);
  }
  tally.elements += elements;
  for (let i = 0; i < models; i++) {
    tally.kept[i] = tally.intersections[i * models + i]!;
    for (let j = 0; j < i; j++)
      tally.intersections[i * models + j] = tally.intersections[j * models + i]!;
  }
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

function anyOwner(words: Uint32Array, models: number, length: number, w: number): number {
  let any = 0;
  for (let m = 0; m < models; m++) any |= words[m * length + w]!;
  return any;
}

/** Counts owners of 32 positions at once by adding the masks as bit planes. */
function countOwners(
  owners: number[],
  words: Uint32Array,
  models: number,
  length: number,
  w: number,
  size: number,
): void {
  const planes = new Array<number>(32 - Math.clz32(models)).fill(0);
  for (let m = 0; m < models; m++) {
    let carry = words[m * length + w]!;
    for (let p = 0; carry !== 0; p++) {
      const plane = planes[p]!;
      planes[p] = plane ^ carry;
      carry &= plane;
    }
  }
  const valid = size === 32 ? -1 : (1 << size) - 1;
  for (let count = 0; count <= models; count++) {
    const bits = planes.reduce((all, plane, p) => all & ((count >> p) & 1 ? plane : ~plane), valid);
    owners[count]! += countOnes(bits);
  }
}

function countOnes(bits: number): number {
  let x = bits - ((bits >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return (((x + (x >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}
