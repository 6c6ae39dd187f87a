import { expect, it } from 'vitest';
import { readScaled } from './scaledCodes.ts';
import type { ScaledCodes, TensorInfo } from './tensorIndex.ts';

/** A tensor of codes whose bytes are followed by those of its scales. */
function stored(
  shape: [number, number],
  codes: number[],
  scales: Float32Array | Uint16Array,
  { block, divisor = 1, dtype = 'F8_E4M3' }: Partial<ScaledCodes> & Pick<ScaledCodes, 'block'>,
) {
  const bytes = new Uint8Array([...codes, ...new Uint8Array(scales.buffer)]);
  const scale: TensorInfo = {
    ...{ name: 'scale', dtype: scales instanceof Float32Array ? 'F32' : 'BF16', file: 0 },
    ...{ shape: [scales.length], start: codes.length, end: bytes.length },
  };
  const tensor: TensorInfo = {
    ...{ name: 'w', dtype: 'F32', shape, file: 0, start: 0, end: codes.length },
    codes: { dtype, scale, block, divisor },
  };
  return async (from = 0, to = shape[0] * shape[1]) => {
    const read = async ({ start }: TensorInfo, a: number, b: number) =>
      bytes.slice(start + a, start + b);
    const values = await readScaled(tensor, tensor.codes!, 4 * from, 4 * to, read);
    return [...new Float32Array(values.buffer)];
  };
}

it('float8 is scaled by blocks, the last of which may be cut off', async () => {
  // 0x38 is 1, 0xb8 is −1, 0x3c is 1.5, 0x40 is 2.
  const codes = [
    0x38, 0xb8, 0x38, 0x3c, 0x40, 0x38, 0x38, 0x38, 0x38, 0x38, 0x38, 0x38, 0x38, 0xb8, 0x3c,
  ];
  const read = stored([3, 5], codes, Float32Array.of(1, 2, 3, 10, 20, 30), { block: [2, 2] });
  const whole = [1, -1, 2, 3, 6, 1, 1, 2, 2, 3, 10, 10, 20, -20, 45];
  expect(await read()).toEqual(whole);
  for (const [from, to] of [
    [0, 1],
    [4, 6],
    [7, 14],
    [11, 15],
  ] as const)
    expect(await read(from, to)).toEqual(whole.slice(from, to));
});

it('int8 is scaled by rows, over 127 where they are largest values', async () => {
  const codes = [127, -127, 64, 0].map((code) => code & 255);
  const scales = Float32Array.of(2.54, 0.5);
  const read = stored([2, 2], codes, scales, { block: [1, 2], divisor: 127, dtype: 'I8' });
  const [f, half] = [Math.fround(2.54), Math.fround((64 * 0.5) / 127)];
  expect(await read()).toEqual([f, -f, half, 0]);
});

it('one scale may be bfloat16', async () => {
  // 0x3e80 is 0.25.
  const read = stored([1, 2], [0x38, 0x40], Uint16Array.of(0x3e80), { block: [1, 2] });
  expect(await read()).toEqual([0.25, 0.5]);
});
