import type { Tensor, Tf } from './block.ts';

/**
 * `forward(x)` with the gradient stated instead of taped: only `saved` is kept for it. It is called only when x's gradient
 * is wanted, and every op inside either is off the tape.
 */
export function ownGradient(
  tf: Tf,
  x: Tensor,
  forward: (x: Tensor) => { value: Tensor; saved: Tensor[] },
  gradient: (dy: Tensor, saved: readonly Tensor[]) => Tensor,
): Tensor {
  const run = tf.customGrad((...args) => {
    const [input, save] = args as [Tensor, (tensors: Tensor[]) => void];
    const { value, saved } = forward(input);
    save(saved);
    return { value, gradFunc: (dy: Tensor, kept: Tensor[]) => gradient(dy, kept) };
  });
  return run(x);
}
