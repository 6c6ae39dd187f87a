import type { Kernel } from '../compute.ts';
import source from './fillByMask.wgsl?raw';
import { floats } from './floats.ts';

/** Starting logits from a mask. Params: elements, then as f32 bits the values on and off it. */
export const fillByMask: Kernel = {
  id: 'fillByMask',
  wgsl: source,
  access: ['read', 'write'],
  reference([mask, out], params) {
    const [, on = 0, off = 0] = floats(params);
    const values = floats(out!);
    for (let k = 0; k < params[0]!; k++) values[k] = (mask![k >>> 5]! >>> (k & 31)) & 1 ? on : off;
  },
};
