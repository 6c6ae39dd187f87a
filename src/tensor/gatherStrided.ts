import { bug } from '../errors.ts';
import { dtypeBits } from './dtype.ts';
import type { TensorInfo } from './tensorIndex.ts';

/** Most bytes of the file held at a time. */
export const windowBytes = 4 * 2 ** 20;

/** Bytes between two runs that are read along rather than skipped. */
const mostGapBytes = 64 * 2 ** 10;

/** Reads bytes [start, end), counted from the tensor's `start`. */
export type ReadSpan = (start: number, end: number) => Promise<Uint8Array<ArrayBuffer>>;

/** A dimension of a box of elements, with its steps in the source and in the output, in words of 1, 2 or 4 bytes. */
interface Axis {
  count: number;
  from: number;
  to: number;
}

type Words = Uint8Array | Uint16Array | Uint32Array;

/**
 * Bytes [start, end) of a strided tensor's elements in row-major order; throws Bug when they are not whole elements.
 * Reads the file in its own order through a window of `windowBytes`.
 */
export async function gatherStrided(
  { name, dtype, shape, strides = [] }: TensorInfo,
  start: number,
  end: number,
  read: ReadSpan,
): Promise<Uint8Array<ArrayBuffer>> {
  const size = dtypeBits[dtype] / 8;
  if (start % size || end % size)
    throw bug(`Bytes ${start} to ${end} of ${name} are not whole elements.`);
  const word = Math.min(size, 4);
  const halves = size / word;
  const out = new Uint8Array(end - start);
  const steps = rowMajor(shape);
  for (const box of boxes(shape, start / size, end / size)) {
    const axes: Axis[] = box.map(({ count }, d) => ({
      count,
      from: (strides[d] ?? 0) * halves,
      to: (steps[d] ?? 0) * halves,
    }));
    if (halves > 1) axes.push({ count: halves, from: 1, to: 1 });
    const first = (by: readonly number[]) =>
      box.reduce((sum, { first }, d) => sum + first * (by[d] ?? 0), 0) * halves;
    const origin = { from: first(strides), to: first(steps) - (start / size) * halves };
    await copyBox(axes, origin, word, out, read);
  }
  return out;
}

/** Strides, in elements, of a tensor of this shape that lies in row-major order. */
export function rowMajor(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let step = 1;
  for (const size of shape.toReversed()) {
    strides.unshift(step);
    step *= size;
  }
  return strides;
}

type Box = { first: number; count: number }[];

/** Elements [from, to) in row-major order as boxes: part of a row, whole rows, part of a row, in every dimension. */
function boxes(shape: readonly number[], from: number, to: number): Box[] {
  if (to <= from) return [];
  const [rows, ...rest] = shape;
  if (rows === undefined) return [[]];
  const inner = rest.reduce((product, size) => product * size, 1);
  const within = (row: number, a: number, b: number) =>
    boxes(rest, a - row * inner, b - row * inner).map((box) => [{ first: row, count: 1 }, ...box]);
  const head = Math.floor(from / inner);
  const tail = Math.floor(to / inner);
  if (head === tail) return within(head, from, to);
  const firstWhole = Math.ceil(from / inner);
  const whole = rest.map((count) => ({ first: 0, count }));
  return [
    ...(firstWhole > head ? within(head, from, firstWhole * inner) : []),
    ...(tail > firstWhole ? [[{ first: firstWhole, count: tail - firstWhole }, ...whole]] : []),
    ...(to > tail * inner ? within(tail, tail * inner, to) : []),
  ];
}

/** Copies a box, in the order of the file, block by block: a block is what one window holds. */
async function copyBox(
  axes: readonly Axis[],
  origin: { from: number; to: number },
  word: number,
  out: Uint8Array<ArrayBuffer>,
  read: ReadSpan,
): Promise<void> {
  const order = axes.filter(({ count }) => count > 1).sort((a, b) => a.from - b.from);
  const { inside, cut, most, span } = fitWindow(order, word);
  const outer = order.slice(inside + (cut ? 1 : 0)).reverse();
  for (const at of places(outer, origin))
    for (let done = 0; done < (cut?.count ?? 1); done += most) {
      const count = cut ? Math.min(most, cut.count - done) : 1;
      const block = [...order.slice(0, inside), ...(cut ? [{ ...cut, count }] : [])];
      const from = (at.from + done * (cut?.from ?? 0)) * word;
      const words = span + (count - 1) * (cut?.from ?? 0);
      const source = await read(from, from + words * word);
      const to = at.to + done * (cut?.to ?? 0);
      scatter(block.reverse(), asWords(source, word), asWords(out, word), 0, to, 0);
    }
}

/** How many of the axes, innermost first, one window holds whole, and how much of the next. */
function fitWindow(order: readonly Axis[], word: number) {
  let span = 1;
  for (const [inside, axis] of order.entries()) {
    const whole = span + (axis.count - 1) * axis.from;
    const dense = (axis.from - span) * word <= mostGapBytes;
    if (!dense || whole * word > windowBytes) {
      const fits = Math.floor((windowBytes / word - span) / axis.from) + 1;
      return { inside, cut: axis, most: dense ? Math.max(1, fits) : 1, span };
    }
    span = whole;
  }
  return { inside: order.length, cut: undefined, most: 1, span };
}

/** The first words of blocks, in source and output, over all places of the outer axes. */
function* places(
  [axis, ...rest]: readonly Axis[],
  origin: { from: number; to: number },
): Generator<{ from: number; to: number }> {
  if (!axis) return yield origin;
  for (let i = 0; i < axis.count; i++)
    yield* places(rest, { from: origin.from + i * axis.from, to: origin.to + i * axis.to });
}

function asWords({ buffer, byteOffset, length }: Uint8Array<ArrayBuffer>, word: number): Words {
  const Type = word === 1 ? Uint8Array : word === 2 ? Uint16Array : Uint32Array;
  return new Type(buffer, byteOffset, length / word);
}

function scatter(
  axes: readonly Axis[],
  source: Words,
  out: Words,
  from: number,
  to: number,
  depth: number,
): void {
  const axis = axes[depth];
  if (!axis) {
    out[to] = source[from]!;
    return;
  }
  if (depth < axes.length - 1) {
    for (let i = 0; i < axis.count; i++)
      scatter(axes, source, out, from + i * axis.from, to + i * axis.to, depth + 1);
    return;
  }
  for (let i = 0; i < axis.count; i++) out[to + i * axis.to] = source[from + i * axis.from]!;
}
