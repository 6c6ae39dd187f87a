import type { Tensor, Tf } from './block.ts';
import { ownGradient } from './ownGradient.ts';
import { logitBytes, logits, rowSteps, steep, type LossOptions } from './tokenLoss.ts';

/**
 * Entropies [R] of softmax(x·Wᵀ), x [R, d], W [V, d], in steps of `bytes` as `tokenLosses`; `cap` as there. W must be a
 * parameter.
 */
export function tokenEntropies(
  tf: Tf,
  x: Tensor,
  table: Tensor,
  { bytes = logitBytes, cap = null }: LossOptions = {},
): Tensor {
  const rows = x.shape[0] ?? 0;
  const { starts, cut, inSteps } = rowSteps(tf, rows, table, bytes);
  const slopesAt = (input: Tensor, dy: Tensor, start: number) =>
    tf.mul(slopes(tf, cut(input, start), table, cap), tf.expandDims(cut(dy, start), 1));
  const entropies = ownGradient(
    tf,
    x,
    (input) => ({
      value: inSteps((start) => entropyOf(tf, logits(tf, cut(input, start), table, cap))),
      saved: [input],
    }),
    (dy, [input]) => inSteps((start) => tf.matMul(slopesAt(input!, dy, start), table)),
  );
  // Zeros that carry the gradient of W, so that it is computed only where it is wanted.
  const carrier = ownGradient(
    tf,
    table,
    () => ({ value: tf.zeros([rows]), saved: [x] }),
    (dy, [input]) =>
      tf.tidy(() =>
        starts.reduce((before: Tensor, start) => {
          const sum = tf.tidy(() =>
            tf.add(before, tf.matMul(slopesAt(input!, dy, start), cut(input!, start), true)),
          );
          before.dispose();
          return sum;
        }, tf.zeros(table.shape)),
      ),
  );
  return tf.add(entropies, carrier);
}

function entropyOf(tf: Tf, values: Tensor): Tensor {
  const logs = tf.logSoftmax(values);
  return tf.neg(tf.sum(tf.mul(tf.exp(logs), logs), 1));
}

/** ∂H/∂(x·Wᵀ): −p (log p + H), times the slope of the cap. */
function slopes(tf: Tf, rows: Tensor, table: Tensor, cap: number | null): Tensor {
  const values = logits(tf, rows, table, cap);
  const logs = tf.logSoftmax(values);
  const shares = tf.exp(logs);
  const entropy = tf.neg(tf.sum(tf.mul(shares, logs), 1, true));
  const slope = tf.neg(tf.mul(shares, tf.add(logs, entropy)));
  return steep(tf, slope, values, cap);
}
