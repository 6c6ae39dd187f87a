import { turned, type Placed, type Workspace } from './workspace.ts';

/** A tensor seen with its long side as rows, whichever way it lies; square ones are seen turned over. */
export interface Tall {
  long: number;
  short: number;
  turned: boolean;
}

/** Rows [from, from + count) of it. */
export interface Slab {
  from: number;
  count: number;
}

/** Elements of the short side times rows that are placed at once: 8 MiB in f64. */
export const slabElements = 2 ** 20;

export function asTall({ rows, columns }: { rows: number; columns: number }): Tall {
  const turned = rows <= columns;
  return { long: turned ? columns : rows, short: turned ? rows : columns, turned };
}

/** Works through a tensor in slabs; what is placed for one is gone before the next. */
export function eachSlab(
  workspace: Workspace,
  { long, short }: Tall,
  work: (slab: Slab) => void,
): void {
  const most = Math.max(1, Math.floor(slabElements / short));
  for (let from = 0; from < long; from += most)
    workspace.within(() => work({ from, count: Math.min(most, long - from) }));
}

/** A place for `width` columns of a slab, so that its rows or columns lie as those of the tensor. */
export function placeSlab(
  workspace: Workspace,
  tall: Tall,
  { count }: Slab,
  width: number,
  bytes: 4 | 8,
): Placed {
  return tall.turned
    ? turned(workspace.zeros(width, count, bytes))
    : workspace.zeros(count, width, bytes);
}

/** The first `width` columns of a slab of the sum of tensors, placed. */
export function readSlab(
  workspace: Workspace,
  tensors: readonly Float32Array[],
  tall: Tall,
  slab: Slab,
  bytes: 4 | 8,
  width = tall.short,
): Placed {
  const placed = placeSlab(workspace, tall, slab, width, bytes);
  const to = linesOf(workspace, placed, tall);
  eachLine(tall, slab, width, 0, (line, start, end) => {
    tensors.forEach((values, i) => {
      if (i === 0) to.set(values.subarray(start, end), line);
      else for (let at = start; at < end; at++) to[line + at - start]! += values[at]!;
    });
  });
  return placed;
}

/** Writes a slab to its place in a tensor, as columns from `column` on. */
export function writeSlab(
  workspace: Workspace,
  placed: Placed,
  tensor: Float32Array,
  tall: Tall,
  slab: Slab,
  column = 0,
): void {
  const values = linesOf(workspace, placed, tall);
  eachLine(tall, slab, placed.columns, column, (line, start, end) => {
    tensor.set(values.subarray(line, line + end - start), start);
  });
}

function linesOf(workspace: Workspace, placed: Placed, tall: Tall) {
  return workspace.elements(tall.turned ? turned(placed) : placed);
}

/** Calls back for each run of elements: where it begins in the slab, where it begins and ends in the tensor. */
function eachLine(
  { long, short, turned }: Tall,
  { from, count }: Slab,
  width: number,
  column: number,
  visit: (line: number, start: number, end: number) => void,
): void {
  const lines = turned ? width : count;
  const length = turned ? count : width;
  for (let i = 0; i < lines; i++) {
    const start = turned ? (column + i) * long + from : (from + i) * short + column;
    visit(i * length, start, start + length);
  }
}
