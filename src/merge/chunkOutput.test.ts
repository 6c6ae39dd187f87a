import { expect, test } from 'vitest';
import { wordDtypes } from '../gpu/kernels/numeric.ts';
import { toF32Bits } from '../tensor/convert.ts';
import type { ChunkInput } from './chunkInputs.ts';
import { outputBytes } from './chunkOutput.ts';

const elements = 40;

/** F64 elements that F32 cannot hold, other ones for each number. */
function inputOf(number: number): ChunkInput {
  const values = Float64Array.from({ length: elements }, (_, k) => number + k + 2 ** -40);
  const raw = { dtype: 'F64' as const, bytes: new Uint8Array(values.buffer) };
  const bytes = new Uint8Array(new Uint32Array(toF32Bits.F64(raw.bytes)).buffer);
  return { dtype: wordDtypes.F32, bytes, raw };
}

test('F64 weights selected from one model keep its 64 bits, and those of no model the base’s', () => {
  const inputs = [0, 100, 200].map(inputOf);
  const [first, second, both] = [3, 35, 36];
  // Two words for each model: the first holds 3 and 36, the second 35 and 36.
  const masks = Uint32Array.of(1 << first, 1 << (both - 32), 0, (1 << (second - 32)) | (1 << 4));
  const changed = Uint32Array.of(1 << first, (1 << (second - 32)) | (1 << (both - 32)));
  const out = new Uint32Array(Float32Array.from({ length: elements }, () => 0.5).buffer);
  const result = { out, masks, changed };
  const floatsOf = (selects: boolean) => {
    const { bytes } = outputBytes('F64', elements, result, inputs, selects);
    return new Float64Array(bytes.buffer, bytes.byteOffset, elements);
  };
  const wanted = Float64Array.from({ length: elements }, (_, k) => k + 2 ** -40);
  wanted[first] = 100 + first + 2 ** -40;
  wanted[second] = 200 + second + 2 ** -40;
  wanted[both] = 0.5;
  expect(floatsOf(true)).toEqual(wanted);
  wanted[first] = 0.5;
  wanted[second] = 0.5;
  expect(floatsOf(false)).toEqual(wanted);
});
