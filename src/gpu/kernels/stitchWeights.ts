import type { Kernel } from '../compute.ts';
import { floats } from './floats.ts';
import source from './stitchWeights.wgsl?raw';

const { fround } = Math;

/** The mean of the masked changes at each position, onto the base, one dispatch per task (He et al. 2025, §3.3). Params: elements. */
export const stitchWeights: Kernel = {
  id: 'stitchWeights',
  wgsl: source,
  access: ['read', 'read', 'read', 'write', 'write'],
  reference(buffers, params, { FIRST = 1, LAST = 1 }) {
    const [base, tau, , , theta] = buffers.map(floats);
    const [mask, owners] = [buffers[2]!, buffers[3]!];
    const elements = params[0]!;
    if (FIRST) {
      owners.fill(0, 0, elements);
      theta!.fill(0, 0, elements);
    }
    for (let from = 0; from < elements; from += 32) {
      const most = elements - from;
      let held = mask[from >>> 5]!;
      if (most < 32) held &= (1 << most) - 1;
      for (; held !== 0; held &= held - 1) {
        const k = from + 31 - Math.clz32(held & -held);
        theta![k] = fround(theta![k]! + tau![k]!);
        owners[k]!++;
      }
    }
    if (!LAST) return;
    for (let k = 0; k < elements; k++) {
      const count = owners[k]!;
      const mean = count > 1 ? fround(theta![k]! / count) : theta![k]!;
      theta![k] = base![k]! + mean;
    }
  },
};
