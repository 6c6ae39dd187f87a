import { floatBits } from '../../tensor/float.ts';
import type { Kernel } from '../compute.ts';
import source from './adamStep.wgsl?raw';
import { floats } from './floats.ts';

export interface AdamOptions {
  rate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  /** Decoupled weight decay. */
  decay: number;
}

/** Words of the kernel's params for step number `step`, from 1. */
export function adamParams(
  elements: number,
  { rate, beta1, beta2, epsilon, decay }: AdamOptions,
  step: number,
): Uint32Array<ArrayBuffer> {
  const corrections = [1 / (1 - beta1 ** step), 1 / (1 - beta2 ** step)];
  const values = [rate, beta1, beta2, epsilon, decay, ...corrections];
  return new Uint32Array([elements, ...values.map(floatBits)]);
}

/** One step of AdamW (Loshchilov and Hutter 2019, Algorithm 2). Params: `adamParams`. */
export const adamStep: Kernel = {
  id: 'adamStep',
  wgsl: source,
  access: ['read', 'write', 'write', 'write'],
  reference(buffers, params) {
    const [gradient, theta, m, v] = buffers.map(floats);
    const [, rate = 0, beta1 = 0, beta2 = 0, epsilon = 0, decay = 0, c1 = 1, c2 = 1] =
      floats(params);
    const elements = params[0]!;
    for (let k = 0; k < elements; k++) {
      const g = gradient![k]!;
      m![k] = beta1 * m![k]! + (1 - beta1) * g;
      v![k] = beta2 * v![k]! + (1 - beta2) * g * g;
      const step = (m![k]! * c1) / (Math.sqrt(v![k]! * c2) + epsilon);
      theta![k] = theta![k]! - rate * (step + decay * theta![k]!);
    }
  },
};
