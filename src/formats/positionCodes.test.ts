import { expect, test } from 'vitest';
import { countCodes, decodePositions, encodePositions } from './positionCodes.ts';

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView<ArrayBuffer>) =>
  new Uint8Array(buffer, byteOffset, byteLength);

const positions = Int32Array.of(0, 1, 255, 256, 511, 1022, 66_556, 132_091);

test('gaps count from the position before, and the largest number carries on', () => {
  expect(encodePositions(positions, 0, 'U16')).toEqual(
    Uint16Array.of(0, 1, 254, 1, 255, 511, 65_534, 65_535, 0),
  );
  expect(encodePositions(positions.subarray(0, 6), 0, 'U8')).toEqual(
    Uint8Array.of(0, 1, 254, 1, 255, 0, 255, 255, 1),
  );
  expect(encodePositions(Int32Array.of(7), 5, 'U8')).toEqual(Uint8Array.of(2));
  expect(encodePositions(positions, 0, 'I32')).toEqual(positions);
});

test('numbers are counted without being written', () => {
  expect(countCodes(positions, 0, 'U16')).toBe(9);
  expect(countCodes(positions.subarray(0, 6), 0, 'U8')).toBe(9);
  expect(countCodes(positions, 0, 'I32')).toBe(8);
  expect(countCodes(Int32Array.of(7), 5, 'U8')).toBe(1);
});

test('positions come back, and where the next ones count from', () => {
  const gaps = Uint8Array.of(0, 1, 254, 255, 3, 255);
  expect(decodePositions(gaps, 0, 'U8')).toEqual({
    positions: Float64Array.of(0, 1, 255, 513),
    last: 768,
  });
  expect(decodePositions(gaps, 1000, 'U8').positions).toEqual(
    Float64Array.of(1000, 1001, 1255, 1513),
  );
  expect(decodePositions(bytesOf(Uint16Array.of(5, 65_535, 2)), 0, 'U16')).toEqual({
    positions: Float64Array.of(5, 65_542),
    last: 65_542,
  });
  expect(decodePositions(bytesOf(positions), 9, 'I32')).toEqual({
    positions: Float64Array.from(positions),
    last: 132_091,
  });
  expect(decodePositions(new Uint8Array(0), 9, 'I32')).toEqual({
    positions: new Float64Array(0),
    last: 9,
  });
});
