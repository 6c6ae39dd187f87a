import { floatBits } from '../../tensor/float.ts';
import type { Kernel } from '../compute.ts';
import { floats } from './floats.ts';
import source from './keyHistogram.wgsl?raw';

/** What is ordered: |x|, |x·y|, or x with its sign. */
export const keyKinds = { magnitude: 0, product: 1, signed: 2 } as const;

export type KeyKind = keyof typeof keyKinds;

/** A u32 that orders as the value of these f32 bits; zeros of both signs are equal. */
export function keyOfBits(bits: number, kind: number): number {
  if (kind !== keyKinds.signed) return bits & 0x7fffffff;
  if (bits === 0x80000000) return bits;
  return (bits >>> 31 ? ~bits : bits | 0x80000000) >>> 0;
}

/** Histogram of keys by their high, then their low 16 bits. Params: elements, level, prefix, threads. Constant KEY: a `keyKinds` code. */
export const keyHistogram: Kernel = {
  id: 'keyHistogram',
  wgsl: source,
  workgroupSize: 64,
  access: ['read', 'read', 'write'],
  reference([x, y, bins], [elements, level, prefix], { KEY = 0 }) {
    const [left, right] = [floats(x!), floats(y!)];
    for (let k = 0; k < elements!; k++) {
      const bits = KEY === keyKinds.product ? floatBits(left[k]! * right[k]!) : x![k]!;
      const key = keyOfBits(bits, KEY);
      if (level === 0) bins![key >>> 16]!++;
      else if (key >>> 16 === prefix) bins![key & 0xffff]!++;
    }
  },
};
