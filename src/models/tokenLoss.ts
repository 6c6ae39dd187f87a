import type { Tensor, Tf } from './block.ts';
import { ownGradient } from './ownGradient.ts';

/** Bytes of the logits that are in memory at a time. */
export const logitBytes = 2 ** 26;

export interface LossOptions {
  bytes?: number;
  /** Logits z are cap·tanh(z / cap), as Gemma 2 has them. */
  cap?: number | null;
}

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
  { bytes = logitBytes, cap = null }: LossOptions = {},
): Tensor {
  const rows = x.shape[0] ?? 0;
  const { starts, cut, inSteps } = rowSteps(tf, rows, table, bytes);
  const saved = [x, targets];
  const losses = ownGradient(
    tf,
    x,
    (input) => ({
      value: inSteps((start) => lossesOf(tf, table, cut(input, start), cut(targets, start), cap)),
      saved,
    }),
    (dy, [input, wanted]) =>
      inSteps((start) => {
        const pull = towardsInput(tf, table, cut(input!, start), cut(wanted!, start), cap);
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
        const told = cap === null ? null : targetLogits(tf, table, input!, wanted!, cap);
        const atTargets = told ? steep(tf, weighted, tf.expandDims(told, 1), cap) : weighted;
        let sum = tf.neg(tf.unsortedSegmentSum(atTargets, wanted!.as1D(), table.shape[0] ?? 0));
        for (const start of starts) {
          const before = sum;
          sum = tf.tidy(() => {
            const shares = steepShares(tf, logits(tf, cut(input!, start), table, cap), cap);
            return tf.add(before, tf.matMul(shares, cut(weighted, start), true));
          });
          before.dispose();
        }
        return sum;
      }),
  );
  return tf.add(losses, carrier);
}

/** 1 where a target is the index of its row's largest logit, the first of equals, else 0; as in `tokenLosses`, where a cap changes no order. */
export function areLikeliest(
  tf: Tf,
  x: Tensor,
  table: Tensor,
  targets: Tensor,
  { bytes = logitBytes }: Pick<LossOptions, 'bytes'> = {},
): Tensor {
  const { cut, inSteps } = rowSteps(tf, x.shape[0] ?? 0, table, bytes);
  return inSteps((start) => {
    const found = tf.argMax(logits(tf, cut(x, start), table, null), 1);
    return tf.cast(tf.equal(found, cut(targets, start)), 'float32');
  });
}

/** Rows in steps, so that the logits of one are no more than so many bytes. */
export function rowSteps(tf: Tf, rows: number, table: Tensor, bytes: number) {
  const step = Math.max(1, Math.floor(bytes / 4 / (table.shape[0] ?? 1)));
  const starts = Array.from({ length: Math.ceil(rows / step) }, (_, i) => i * step);
  const cut = (values: Tensor, start: number) =>
    tf.slice(values, start, Math.min(step, rows - start));
  const inSteps = (act: (start: number) => Tensor) =>
    tf.concat(starts.map((start) => tf.tidy(() => act(start))));
  return { starts, cut, inSteps };
}

type Cap = number | null;

const capped = (tf: Tf, z: Tensor, cap: Cap) =>
  cap === null ? z : tf.mul(tf.tanh(tf.div(z, cap)), cap);

/** Values times the slope of the cap at logits: 1 − (logit / cap)². */
export const steep = (tf: Tf, values: Tensor, logits: Tensor, cap: Cap) =>
  cap === null ? values : tf.mul(values, tf.sub(1, tf.square(tf.div(logits, cap))));

const steepShares = (tf: Tf, logits: Tensor, cap: Cap) =>
  steep(tf, tf.softmax(logits), logits, cap);

/** The logits of rows, capped. */
export const logits = (tf: Tf, rows: Tensor, table: Tensor, cap: Cap) =>
  capped(tf, tf.matMul(rows, table, false, true), cap);

/** The logit of each row's target. */
const targetLogits = (tf: Tf, table: Tensor, rows: Tensor, targets: Tensor, cap: Cap) =>
  capped(tf, tf.sum(tf.mul(rows, tf.gather(table, targets)), 1), cap);

/** log Σ exp(logits) − the target's logit. */
function lossesOf(tf: Tf, table: Tensor, rows: Tensor, targets: Tensor, cap: Cap): Tensor {
  const wanted = targetLogits(tf, table, rows, targets, cap);
  return tf.sub(tf.logSumExp(logits(tf, rows, table, cap), 1), wanted);
}

/** softmax·W − W[target], each times its slope; times dy it is dx. */
function towardsInput(tf: Tf, table: Tensor, rows: Tensor, targets: Tensor, cap: Cap): Tensor {
  const mean = tf.matMul(steepShares(tf, logits(tf, rows, table, cap), cap), table);
  const wanted = tf.gather(table, targets);
  if (cap === null) return tf.sub(mean, wanted);
  const told = tf.expandDims(targetLogits(tf, table, rows, targets, cap), 1);
  return tf.sub(mean, steep(tf, wanted, told, cap));
}
