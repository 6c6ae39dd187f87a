import type { Kernel } from '../compute.ts';
import source from './accumulate.wgsl?raw';
import { floats } from './floats.ts';

const { fround } = Math;

/**
 * Running sums of g⊙τ (epoch steps, momentum, AdaMerging's coefficients) or, with SQUARE, of g² (Fisher). Params: elements,
 * decay as f32 bits. With OWNERS each product is shared among the position's owners (joint localizing).
 */
export const accumulate: Kernel = {
  id: 'accumulate',
  wgsl: source,
  access: ['read', 'read', 'read', 'write'],
  reference(buffers, params, { OWNERS = 0, SQUARE = 0 }) {
    const [gradient, tau, , sum] = buffers.map(floats);
    const owners = buffers[2]!;
    const decay = floats(params)[1]!;
    const other = SQUARE ? gradient! : tau!;
    const elements = params[0]!;
    for (let k = 0; k < elements; k++) {
      let x = fround(gradient![k]! * other[k]!);
      if (OWNERS && owners[k]! > 1) x = fround(x / owners[k]!);
      sum![k] = fround(decay * sum![k]!) + x;
    }
  },
};
