import type { Kernel } from '../compute.ts';
import { floats, sigmoid } from './floats.ts';
import source from './logitStep.wgsl?raw';
import sigmoidWgsl from './sigmoid.wgsl?raw';

/** Bins of γ from 0 to 1. */
export const gammaBins = 20;

/**
 * One step of plain SGD on mask logits (ARCHITECTURE.md, Masks by gradient). Params: elements, then as f32 bits rate,
 * factor, λ, l1. Constants: FORM as in graftWeights; SUMMED when the gradient is Σ g⊙τ already.
 */
export const logitStep: Kernel = {
  id: 'logitStep',
  wgsl: sigmoidWgsl + source,
  access: ['read', 'read', 'read', 'write', 'write'],
  reference(buffers, params, { FORM = 0, SUMMED = 0 }) {
    const [gradient, tau, , logits] = buffers.map(floats);
    const [start, bins] = [buffers[2]!, buffers[4]!];
    const [, rate = 0, factor = 0, lambda = 0, l1 = 0] = floats(params);
    const elements = params[0]!;
    for (let k = 0; k < elements; k++) {
      const flipped = FORM === 1 && (start[k >>> 5]! >>> (k & 31)) & 1;
      const before = logits![k]!;
      const s = Math.fround(sigmoid(before - (FORM ? 10 : 0)));
      const slope = Math.fround(s * Math.fround(1 - s));
      const x = gradient![k]! * (SUMMED ? 1 : tau![k]!) * factor + lambda;
      const away = l1 * (before > 0 ? slope : -slope);
      logits![k] = before - ((flipped ? -x : x) * rate * slope - away);
      const gamma = sigmoid(logits![k]! - (FORM ? 10 : 0));
      const bin = Math.ceil((flipped ? 1 - gamma : gamma) * gammaBins) - 1;
      bins[Math.min(gammaBins - 1, Math.max(0, bin))]!++;
    }
  },
};
