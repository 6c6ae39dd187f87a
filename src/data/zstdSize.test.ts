import { expect, it } from 'vitest';
import { zstdSize } from './zstdSize.ts';

/** How frames begin that pyarrow’s `compress` makes of so many bytes. */
it.each([
  [0, '28b52ffd2000010000'],
  [100, '28b52ffd206421030000010409101924'],
  [1000, '28b52ffd60e8022d0800b40f00010409'],
  [70000, '28b52ffda0701101002d0800b40f0001'],
])('%d bytes are told by the frame', (size, hex) => {
  expect(zstdSize(Uint8Array.from(hex.match(/../g)!, (byte) => parseInt(byte, 16)))).toBe(size);
});

it('eight bytes tell of more, and a frame with a window may tell nothing', () => {
  const head = [0x28, 0xb5, 0x2f, 0xfd];
  expect(zstdSize(Uint8Array.from([...head, 0xe0, 1, 0, 0, 0, 1, 0, 0, 0]))).toBe(2 ** 32 + 1);
  expect(zstdSize(Uint8Array.from([...head, 0x00, 0x50, 0, 0]))).toBeNull();
});
