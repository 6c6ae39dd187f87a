import type { Kernel } from '../compute.ts';
import { floats, sigmoid } from './floats.ts';
import source from './graftWeights.wgsl?raw';
import sigmoidWgsl from './sigmoid.wgsl?raw';

const { fround } = Math;

/**
 * Effective weights of a soft mask. Params: elements. Constant FORM: 0 for σ(S), 1 for flips of a starting
 * mask; ALONE writes γ itself.
 */
export const graftWeights: Kernel = {
  id: 'graftWeights',
  wgsl: sigmoidWgsl + source,
  access: ['read', 'read', 'read', 'read', 'write'],
  reference(buffers, [elements], { FORM = 0, ALONE = 0 }) {
    const [base, tau, logits, , theta] = buffers.map(floats);
    const start = buffers[3]!;
    for (let k = 0; k < elements!; k++) {
      let gamma = sigmoid(logits![k]! - (FORM ? 10 : 0));
      if (FORM && (start[k >>> 5]! >>> (k & 31)) & 1) gamma = 1 - gamma;
      theta![k] = ALONE ? gamma : base![k]! + fround(fround(gamma) * tau![k]!);
    }
  },
};
