import type { Tensor, Tf } from './block.ts';

/**
 * `forward(...inputs)` with the gradients stated instead of taped, one for each input: only `saved` is kept for them. They are
 * asked for only when some input's is wanted, and every op inside either function is off the tape.
 */
export function ownGradients(
  tf: Tf,
  inputs: readonly Tensor[],
  forward: (...inputs: Tensor[]) => { value: Tensor; saved: Tensor[] },
  gradients: (dy: Tensor, saved: readonly Tensor[]) => Tensor[],
): Tensor {
  const run = tf.customGrad((...args) => {
    const save = args.pop() as Tensor | ((tensors: Tensor[]) => void);
    const { value, saved } = forward(...(args as Tensor[]));
    if (typeof save === 'function') save(saved);
    return { value, gradFunc: (dy: Tensor, kept: Tensor[]) => gradients(dy, kept) };
  });
  return run(...inputs);
}

/** `ownGradients` of one input. */
export const ownGradient = (
  tf: Tf,
  x: Tensor,
  forward: (x: Tensor) => { value: Tensor; saved: Tensor[] },
  gradient: (dy: Tensor, saved: readonly Tensor[]) => Tensor,
): Tensor => ownGradients(tf, [x], forward, (dy, saved) => [gradient(dy, saved)]);
