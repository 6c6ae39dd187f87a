import { rowElements, rowLoops, type Row } from '../simd/rows.ts';
import { f16ToF32Bits } from '../../tensor/float.ts';

/** Codes of the element types that kernels read and write. */
export const wordDtypes = { F32: 0, F16: 1, BF16: 2 } as const;

export type WordDtype = keyof typeof wordDtypes;

/** Words of one entry of the `inputs` table of kernels. */
export const inputWords = 4;

/** Elements that plain loops take at a time. */
export const blockElements = rowElements;

/** The blocks of a number of elements: their first element and how many they are. */
export function* blocksOf(elements: number): Generator<readonly [from: number, count: number]> {
  for (let from = 0; from < elements; from += blockElements)
    yield [from, Math.min(blockElements, elements - from)];
}

let halves: Uint32Array | null = null;

/** Elements [from, from + count) of input number `row` as f32: in place where they are stored so, else in `into`; `from` is even. */
export function floatsOf(
  weights: Uint32Array,
  inputs: Uint32Array,
  row: number,
  [from, count]: readonly [number, number],
  into: Float32Array<ArrayBuffer>,
): Float32Array {
  const offset = inputs[row * inputWords]!;
  const dtype = inputs[row * inputWords + 1]!;
  if (dtype === wordDtypes.F32)
    return new Float32Array(weights.buffer, weights.byteOffset + 4 * (offset + from), count);
  const bits = new Uint32Array(into.buffer, into.byteOffset, into.length);
  const first = offset + (from >>> 1);
  if (dtype === wordDtypes.BF16) {
    for (let k = 0; k < count; k++) {
      const word = weights[first + (k >>> 1)]!;
      bits[k] = k & 1 ? word & 0xffff0000 : word << 16;
    }
    return into.subarray(0, count);
  }
  halves ??= Uint32Array.from({ length: 65_536 }, (_, half) => f16ToF32Bits(half));
  for (let k = 0; k < count; k++)
    bits[k] = halves[(weights[first + (k >>> 1)]! >>> (16 * (k & 1))) & 0xffff]!;
  return into.subarray(0, count);
}

/** Loads what `floatsOf` gives into a row. */
export function loadRow(
  weights: Uint32Array,
  inputs: Uint32Array,
  row: number,
  [from, count]: readonly [number, number],
  { at, words: into }: Row,
): void {
  const offset = inputs[row * inputWords]!;
  const dtype = inputs[row * inputWords + 1]!;
  if (dtype === wordDtypes.F32) {
    into.set(weights.subarray(offset + from, offset + from + count));
    return;
  }
  // Halves come into the second half of their row, from where they are widened: what is read is never written before.
  const first = offset + (from >>> 1);
  const half = into.length / 2;
  into.set(weights.subarray(first, first + Math.ceil(count / 2)), half);
  rowLoops.decodeBf16(at, at + 4 * half, into.length / 32);
  if (dtype === wordDtypes.F16) rowLoops.widenF16(at, into.length / 32);
}
