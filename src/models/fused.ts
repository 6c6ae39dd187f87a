import type { Tensor, Tf } from './block.ts';

/** A kernel for a whole layer, where the backend has it (src/gpu/simd/layers.ts): its outputs from inputs and settings. */
export function fusedKernel(
  tf: Tf,
  name: string,
): ((inputs: Record<string, Tensor>, attrs?: Record<string, number | boolean>) => Tensor[]) | null {
  if (!tf.getKernel(name, tf.getBackend())) return null;
  return (inputs, attrs = {}) =>
    [tf.engine().runKernel<Tensor | Tensor[]>(name, inputs, attrs)].flat();
}
