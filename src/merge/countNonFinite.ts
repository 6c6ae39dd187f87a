import { wordDtypes, type WordDtype } from '../gpu/kernels/numeric.ts';
import { openRows, rowBytes, rowLoops } from '../gpu/simd/rows.ts';
import { isMergeable, type DType, type MergeableDType } from '../tensor/dtype.ts';
import type { ChunkInput } from './chunkInputs.ts';

/** The bits of an exponent that is all ones, as NaN and infinity have it, in a word or in both of its halves. */
const exponents = {
  F32: { bits: 0x7f80_0000, halves: false },
  F16: { bits: 0x7c00_7c00, halves: true },
  BF16: { bits: 0x7f80_7f80, halves: true },
} as const;

/** The codes of f8 values that are NaN or infinite, without their sign; those of e5m2 from here on. */
const odd8 = { F8_E4M3: 0x7f, F8_E5M2: 0x7c } as const;

/** Bytes that are looked at together. */
const pieceBytes = 8 * rowBytes;

/** Values of a part that are NaN or infinite: in the base and each model, and in what came out. */
export interface OddCounts {
  inputs: number[];
  output: number;
}

const wordNames = Object.keys(wordDtypes) as WordDtype[];

/** The counts of a part; null where all is finite. */
export function oddCounts(
  inputs: readonly ChunkInput[],
  out: Uint8Array<ArrayBuffer>,
  outDtype: DType,
): OddCounts | null {
  const count = (bytes: Uint8Array<ArrayBuffer>, dtype: DType | undefined) =>
    dtype && isMergeable(dtype) ? countNonFinite(bytes, dtype) : 0;
  const found = {
    inputs: inputs.map(({ bytes, dtype, raw }) =>
      raw ? count(raw.bytes, raw.dtype) : count(bytes, wordNames[dtype]),
    ),
    output: count(out, outDtype),
  };
  return found.output > 0 || found.inputs.some((each) => each > 0) ? found : null;
}

/** How many of these values, little-endian, are NaN or infinite. */
export function countNonFinite(bytes: Uint8Array<ArrayBuffer>, dtype: MergeableDType): number {
  if (dtype === 'F64') return count64(bytes);
  if (dtype === 'F8_E4M3' || dtype === 'F8_E5M2')
    return bytes.reduce((sum, code) => sum + ((code & 0x7f) >= odd8[dtype] ? 1 : 0), 0);
  const { bits, halves } = exponents[dtype];
  const { at, words } = openRows(pieceBytes).take(pieceBytes);
  const memory = new Uint8Array(words.buffer, at, pieceBytes);
  let count = 0;
  for (let from = 0; from < bytes.length; from += pieceBytes) {
    const piece = bytes.subarray(from, from + pieceBytes);
    const end = Math.ceil(piece.length / 16) * 16;
    memory.fill(0, piece.length, end);
    memory.set(piece);
    count += rowLoops.countOdd(at, end / 4, bits, halves);
  }
  return count;
}

function count64(bytes: Uint8Array): number {
  let count = 0;
  for (let high = 6; high < bytes.length; high += 8)
    if ((bytes[high]! & 0xf0) === 0xf0 && (bytes[high + 1]! & 0x7f) === 0x7f) count++;
  return count;
}
