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
  const cut: Cut = (values, start) => tf.slice(values, start, Math.min(step, rows - start));
  const saved = [x, targets];
  const losses = ownGradient(
    tf,
    x,
    () => ({
      value: tf.concat(starts.map((start) => lossesAt(tf, table, saved, cut, start))),
      saved,
    }),
    (dy, kept) => tf.concat(starts.map((start) => towardsInput(tf, table, dy, kept, cut, start))),
  );
  // Zeros that carry the gradient of W, so that it is computed only where it is wanted.
  const carrier = ownGradient(
    tf,
    table,
    () => ({ value: tf.zeros([rows]), saved }),
    (dy, kept) => towardsTable(tf, table, dy, kept, cut, starts),
  );
  return tf.add(losses, carrier);
}

/** The rows of one step. */
type Cut = (values: Tensor, start: number) => Tensor;

const logits = (tf: Tf, rows: Tensor, table: Tensor) => tf.matMul(rows, table, false, true);

/** log Σ exp(x·Wᵀ) − x·W[target]. */
function lossesAt(
  tf: Tf,
  table: Tensor,
  saved: readonly Tensor[],
  cut: Cut,
  start: number,
): Tensor {
  const [x, targets] = saved as [Tensor, Tensor];
  return tf.tidy(() => {
    const rows = cut(x, start);
    const wanted = tf.sum(tf.mul(rows, tf.gather(table, cut(targets, start))), 1);
    return tf.sub(tf.logSumExp(logits(tf, rows, table), 1), wanted);
  });
}

/** dx = dy·(softmax·W − W[target]). */
function towardsInput(
  tf: Tf,
  table: Tensor,
  dy: Tensor,
  saved: readonly Tensor[],
  cut: Cut,
  start: number,
): Tensor {
  const [x, targets] = saved as [Tensor, Tensor];
  return tf.tidy(() => {
    const mean = tf.matMul(tf.softmax(logits(tf, cut(x, start), table)), table);
    const pull = tf.sub(mean, tf.gather(table, cut(targets, start)));
    return tf.mul(pull, tf.expandDims(cut(dy, start), 1));
  });
}

/** dW = Σ softmaxᵀ·(dy·x), less dy·x at the rows of the targets. */
function towardsTable(
  tf: Tf,
  table: Tensor,
  dy: Tensor,
  saved: readonly Tensor[],
  cut: Cut,
  starts: readonly number[],
): Tensor {
  const [x, targets] = saved as [Tensor, Tensor];
  return tf.tidy(() => {
    const weighted = tf.mul(x, tf.expandDims(dy, 1));
    let sum = tf.neg(tf.unsortedSegmentSum(weighted, targets.as1D(), table.shape[0] ?? 0));
    for (const start of starts) {
      const before = sum;
      sum = tf.tidy(() => {
        const shares = tf.softmax(logits(tf, cut(x, start), table));
        return tf.add(before, tf.matMul(shares, cut(weighted, start), true));
      });
      before.dispose();
    }
    return sum;
  });
}
