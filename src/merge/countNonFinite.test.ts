import { expect, it } from 'vitest';
import type { MergeableDType } from '../tensor/dtype.ts';
import { countNonFinite } from './countNonFinite.ts';

const bytesOf = (values: Uint8Array | Uint16Array | Uint32Array | Float64Array) =>
  new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);

const finite64 = [0, -1.5, Number.MAX_VALUE, -5e-324];
const cases: [MergeableDType, Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>][] = [
  // The largest value, the smallest, and −0; then infinity, −infinity, and NaN of either sign.
  [
    'F32',
    bytesOf(Uint32Array.of(0x7f7f_ffff, 0x0000_0001, 0x8000_0000)),
    bytesOf(Uint32Array.of(0x7f80_0000, 0xff80_0000, 0x7fc0_0000, 0xff80_0001)),
  ],
  [
    'F16',
    bytesOf(Uint16Array.of(0x7bff, 0x0001, 0x8000)),
    bytesOf(Uint16Array.of(0x7c00, 0xfc00, 0x7e00, 0xfc01)),
  ],
  [
    'BF16',
    bytesOf(Uint16Array.of(0x7f7f, 0x0001, 0x8000)),
    bytesOf(Uint16Array.of(0x7f80, 0xff80, 0x7fc0, 0xff81)),
  ],
  [
    'F64',
    bytesOf(Float64Array.from(finite64)),
    bytesOf(Float64Array.of(NaN, Infinity, -Infinity, NaN)),
  ],
  // e4m3 has no infinities: 0x7e is 448.
  ['F8_E4M3', Uint8Array.of(0x7e, 0xfe, 0x80), Uint8Array.of(0x7f, 0xff, 0x7f, 0xff)],
  ['F8_E5M2', Uint8Array.of(0x7b, 0xfb, 0x80), Uint8Array.of(0x7c, 0xfc, 0x7d, 0xff)],
];

it.each(cases)('NaN and infinities of %s are counted, and nothing else', (dtype, finite, odd) => {
  expect(countNonFinite(finite, dtype)).toBe(0);
  expect(countNonFinite(odd, dtype)).toBe(4);
  const size = odd.length / 4;
  const long = new Uint8Array(size * 100_003);
  expect(countNonFinite(long, dtype)).toBe(0);
  long.set(odd.subarray(0, size), size * 70_001);
  long.set(odd.subarray(0, size), size * 100_002);
  expect(countNonFinite(long, dtype)).toBe(2);
});
