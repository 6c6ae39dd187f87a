import type { Kernel } from '../compute.ts';
import source from './addScaled.wgsl?raw';
import { floats } from './floats.ts';

/** A step along x: of rank scores along their momentum, of weights along a gradient (SGD). Params: elements, scale as f32 bits. */
export const addScaled: Kernel = {
  id: 'addScaled',
  wgsl: source,
  access: ['read', 'write'],
  reference(buffers, params, { ABS = 0 }) {
    const [x, y] = buffers.map(floats);
    const scale = floats(params)[1]!;
    const elements = params[0]!;
    for (let k = 0; k < elements; k++)
      y![k] = ABS ? Math.abs(x![k]!) * scale : y![k]! + Math.fround(scale * x![k]!);
  },
};
