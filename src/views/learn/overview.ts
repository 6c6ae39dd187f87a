/** Cells of a side of each cloth in the picture. */
export const side = 5;

/** Columns by which the second task vector lies to the right of the first. */
export const shift = 3;

/** A part of the picture of the method that a lesson is about: where it lies, in cells. */
interface Part {
  /** Under it. */
  name: string;
  /** What it is, in a few words. */
  about: string;
  x: number;
  columns: number;
}

const sum = side + shift;

/** The picture from left to right; the parts of the task vectors lie in each other. */
export const parts = {
  base: { name: 'base', about: 'what all fine-tunes started from', x: 0, columns: side },
  vector: { name: 'task vector', about: 'what fine-tuning changed', x: 9, columns: side },
  sum: { name: 'sum', about: 'several task vectors on one base', x: 9, columns: sum },
  overlap: {
    name: 'overlap',
    about: 'weights that two tasks both change',
    ...{ x: 9 + shift, columns: side - shift },
  },
  mask: { name: 'mask', about: 'which of the changes may pass', x: 21, columns: side },
  stitch: { name: 'stitch', about: 'the base with what passed', x: 30, columns: side },
  files: { name: 'files', about: 'the stitch, and each task’s part of it', x: 39, columns: 4 },
} as const satisfies Record<string, Part>;

export type PartName = keyof typeof parts;

/** Signs between the parts, at the middle of each, in cells. */
export const signs = [
  { text: '+', x: 7 },
  { text: '×', x: 19 },
  { text: '=', x: 28 },
  { text: '→', x: 37 },
] as const;

/** What the mask lets through of which task vector, by row and column. */
const passed = ['.a..b', '...b.', 'a.2..', '....b', '.a...'];

/** A cell of a cloth, and how far it was changed, from 0 to 1. */
export interface Cell {
  row: number;
  column: number;
  strength: number;
  /** Whose change passes the mask here; '2' is both, '.' nobody. */
  owner: string;
}

/** The cells of every cloth: those that pass changed most, the others by a fixed pattern. */
export const cells: readonly Cell[] = passed.flatMap((owners, row) =>
  [...owners].map((owner, column) => ({
    ...{ row, column, owner },
    strength: owner === '.' ? 0.2 + 0.1 * ((3 * row + 2 * column) % 4) : 1,
  })),
);

/** The picture in words, for who does not see it. */
export function overviewText(part: PartName): string {
  return `The base plus the task vectors, each through its mask, is the stitch, which is saved as files. This lesson is about the ${parts[part].name}.`;
}
