import type { Kernel } from '../compute.ts';
import { floats } from './floats.ts';
import source from './stitchWeights.wgsl?raw';

const { fround } = Math;

/** Weights stitched from hard masks, one dispatch per task (He et al. 2025, §3.3). Params: elements. */
export const stitchWeights: Kernel = {
  id: 'stitchWeights',
  wgsl: source,
  workgroupSize: 64,
  access: ['read', 'read', 'read', 'write', 'write'],
  reference(buffers, [elements], { FIRST = 1, LAST = 1 }) {
    const [base, tau, , , theta] = buffers.map(floats);
    const [mask, owners] = [buffers[2]!, buffers[3]!];
    for (let k = 0; k < elements!; k++) {
      const held = (mask[k >>> 5]! >>> (k & 31)) & 1;
      let sum = held ? tau![k]! : 0;
      if (!FIRST) sum = fround(sum + theta![k]!);
      owners[k] = FIRST ? held : owners[k]! + held;
      theta![k] = LAST ? base![k]! + fround(sum / Math.max(1, owners[k]!)) : sum;
    }
  },
};
