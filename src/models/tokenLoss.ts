import type { Tensor, Tf } from './block.ts';
import { ownGradient } from './ownGradient.ts';

/** Bytes of the logits that are in memory at a time. */
const logitBytes = 2 ** 26;

/**
 * Negative log-likelihoods [R] of tokens `targets` [R] under softmax(x·Wᵀ), x [R, d], W [V, d]. Logits exist for
 * `bytes` of rows at a time, forward and backward, where they are computed again. W must be a parameter: it is not kept
 * for the gradient, which a copy of it would be on the wasm backend.
 */
export function tokenLosses(
  tf: Tf,
  x: Tensor,
  table: Tensor,
  targets: Tensor,
  bytes = logitBytes,
): Tensor {
  const rows = x.shape[0] ?? 0;
  const step = Math.max(1, Math.floor(bytes / 4 / (table.shape[0] ?? 1)));
  const starts = Array.from({ length: Math.ceil(rows / step) }, (_, i) => i * step);
  const cut = (values: Tensor, start: number) =>
    tf.slice(values, start, Math.min(step, rows - start));
  const inSteps = (act: (start: number) => Tensor) =>
    tf.concat(starts.map((start) => tf.tidy(() => act(start))));
  const saved = [x, targets];
  const losses = ownGradient(
    tf,
    x,
    (input) => ({
      value: inSteps((start) => lossesOf(tf, table, cut(input, start), cut(targets, start))),
      saved,
    }),
    (dy, [input, wanted]) =>
      inSteps((start) => {
        const pull = towardsInput(tf, table, cut(input!, start), cut(wanted!, start));
        return tf.mul(pull, tf.expandDims(cut(dy, start), 1));
      }),
  );
  // Zeros that carry the gradient of W, so that it is computed only where it is wanted.
  const carrier = ownGradient(
    tf,
    table,
    () => ({ value: tf.zeros([rows]), saved }),
    // dW = Σ softmaxᵀ·(dy·x), less dy·x at the rows of the targets.
    (dy, [input, wanted]) =>
      tf.tidy(() => {
        const weighted = tf.mul(input!, tf.expandDims(dy, 1));
        let sum = tf.neg(tf.unsortedSegmentSum(weighted, wanted!.as1D(), table.shape[0] ?? 0));
        for (const start of starts) {
          const before = sum;
          sum = tf.tidy(() => {
            const shares = tf.softmax(logits(tf, cut(input!, start), table));
            return tf.add(before, tf.matMul(shares, cut(weighted, start), true));
          });
          before.dispose();
        }
        return sum;
      }),
  );
  return tf.add(losses, carrier);
}

const logits = (tf: Tf, rows: Tensor, table: Tensor) => tf.matMul(rows, table, false, true);

/** log Σ exp(x·Wᵀ) − x·W[target]. */
function lossesOf(tf: Tf, table: Tensor, rows: Tensor, targets: Tensor): Tensor {
  const wanted = tf.sum(tf.mul(rows, tf.gather(table, targets)), 1);
  return tf.sub(tf.logSumExp(logits(tf, rows, table), 1), wanted);
}

/** softmax·W − W[target]; times dy it is dx. */
function towardsInput(tf: Tf, table: Tensor, rows: Tensor, targets: Tensor): Tensor {
  const mean = tf.matMul(tf.softmax(logits(tf, rows, table)), table);
  return tf.sub(mean, tf.gather(table, targets));
}
