import type { Kernel } from '../compute.ts';
import source from './dotProduct.wgsl?raw';
import { floats } from './floats.ts';

/** Partial sums of a dot product; run with as many threads. */
export const dotPartials = 256;

/** x·y in a fixed order, e.g. of a gradient with τ (AdaMerging's coefficients). Params: elements. */
export const dotProduct: Kernel = {
  id: 'dotProduct',
  wgsl: source,
  access: ['read', 'read', 'write'],
  reference(buffers, [elements]) {
    const [x, y, partial] = buffers.map(floats);
    partial!.fill(0);
    for (let k = 0; k < elements!; k++) {
      const p = k % dotPartials;
      partial![p] = partial![p]! + Math.fround(x![k]! * y![k]!);
    }
  },
};
