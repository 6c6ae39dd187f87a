import { floatBits } from '../../tensor/float.ts';
import type { Kernel } from '../compute.ts';
import { floats } from './floats.ts';
import source from './keyHistogram.wgsl?raw';

/** What is ordered: |x|, |x·y|, or x with its sign. */
export const keyKinds = { magnitude: 0, product: 1, signed: 2 } as const;

export type KeyKind = keyof typeof keyKinds;

/** A u32 that orders as the value of these f32 bits; zeros of both signs are equal. */
export function keyOfBits(bits: number, kind: number): number {
  return keyWord(bits | 0, kind) >>> 0;
}

const signBit = -0x8000_0000;

/** `keyOfBits` between int32, which loops are fastest on. */
export function keyWord(bits: number, kind: number): number {
  if (kind !== keyKinds.signed) return bits & 0x7fffffff;
  return bits === signBit ? bits : bits ^ ((bits >> 31) | signBit);
}

/** Histogram of keys by their high, then their low 16 bits. Params: elements, level, prefix, threads. Constant KEY: a `keyKinds` code. */
export const keyHistogram: Kernel = {
  id: 'keyHistogram',
  wgsl: source,
  access: ['read', 'read', 'write'],
  reference([x, y, bins], [elements, level, prefix], { KEY = 0 }) {
    const [left, right] = [floats(x!), floats(y!)];
    for (let k = 0; k < elements!; k++) {
      const bits = KEY === keyKinds.product ? floatBits(left[k]! * right[k]!) : x![k]!;
      const key = keyWord(bits | 0, KEY);
      const high = key >>> 16;
      if (level === 0) bins![high]!++;
      else if (high === prefix) bins![key & 0xffff]!++;
    }
  },
};
