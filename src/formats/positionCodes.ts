import type { DType } from '../tensor/dtype.ts';

/** Dtypes of positions as they are, and of gaps: a gap counts from the position before, the first from 0. */
export const positionDTypes = ['I32', 'U16', 'U8'] as const satisfies readonly DType[];
export type PositionDType = (typeof positionDTypes)[number];

/** What the tensor of positions of a dtype is called, after the name of the base's tensor. */
export function positionPart(dtype: PositionDType): 'indices' | 'gaps' {
  return dtype === 'I32' ? 'indices' : 'gaps';
}

/** The largest gap of a dtype adds up without a position of its own. */
const carries = { U16: 0xffff, U8: 0xff };

const arrays = { I32: Int32Array, U16: Uint16Array, U8: Uint8Array };

/** How many numbers of a dtype ascending positions after `last` take. */
export function countCodes(positions: Int32Array, last: number, dtype: PositionDType): number {
  if (dtype === 'I32') return positions.length;
  let count = 0;
  for (const position of positions) {
    count += 1 + Math.floor((position - last) / carries[dtype]);
    last = position;
  }
  return count;
}

/** Ascending positions after `last` as numbers of a dtype. */
export function encodePositions(
  positions: Int32Array<ArrayBuffer>,
  last: number,
  dtype: PositionDType,
): ArrayBufferView<ArrayBuffer> {
  if (dtype === 'I32') return positions;
  const carry = carries[dtype];
  const codes = new arrays[dtype](countCodes(positions, last, dtype));
  let at = 0;
  for (const position of positions) {
    let gap = position - last;
    for (; gap >= carry; gap -= carry) codes[at++] = carry;
    codes[at++] = gap;
    last = position;
  }
  return codes;
}

/** Positions from numbers of a dtype, unchecked; `last` is what the first gap counts from, and what the next ones do. */
export function decodePositions(
  bytes: Uint8Array<ArrayBuffer>,
  last: number,
  dtype: PositionDType,
): { positions: Float64Array; last: number } {
  const { BYTES_PER_ELEMENT: size } = arrays[dtype];
  const codes = new arrays[dtype](bytes.buffer, bytes.byteOffset, bytes.length / size);
  if (dtype === 'I32') return { positions: new Float64Array(codes), last: codes.at(-1) ?? last };
  const positions = new Float64Array(codes.length);
  let count = 0;
  for (const gap of codes) {
    last += gap;
    if (gap !== carries[dtype]) positions[count++] = last;
  }
  return { positions: positions.subarray(0, count), last };
}
