import type { Batch, Tensor, Tf } from './block.ts';
import { bug, incompatible } from '../errors.ts';
import { fusedKernel } from './fused.ts';
import { ownGradient, ownGradients } from './ownGradient.ts';
import type { Layout, Weights } from './weights.ts';

/** x·Wᵀ + b over the last axis, W [out, in]; x·W + b where it is stored as [in, out]. */
export function linear(
  tf: Tf,
  weights: Weights,
  key: string,
  x: Tensor,
  layout: Layout = 'linear',
): Tensor {
  const bias = weights.optional(`${key}.bias`);
  const rows = tf.reshape(x, [-1, x.shape.at(-1)!]);
  const weight = weights.get(`${key}.weight`);
  const turned = layout === 'linear';
  const fused = bias && fusedKernel(tf, 'Linear');
  const y = fused ? fused({ x: rows, weight, bias }, { turned })[0]! : plain();
  return tf.reshape(y, [...x.shape.slice(0, -1), y.shape[1]!]);

  function plain() {
    const product = tf.matMul(rows, weight, false, turned);
    return bias ? tf.add(product, bias) : product;
  }
}

/** Normalises the last axis, then scales and shifts (Ba et al., 2016). */
export function layerNorm(tf: Tf, weights: Weights, key: string, x: Tensor, eps: number): Tensor {
  const [weight, bias] = [weights.get(`${key}.weight`), weights.get(`${key}.bias`)];
  const fused = weight.size % 4 === 0 && fusedKernel(tf, 'LayerNorm');
  const gradient = fusedKernel(tf, 'LayerNormGradient');
  if (!fused || !gradient) return tf.add(tf.mul(normalize(tf, x, eps), weight), bias);
  return ownGradients(
    tf,
    [x, weight, bias],
    (x, weight, bias) => {
      const [value, moments] = fused({ x: x!, weight: weight!, bias: bias! }, { eps });
      return { value: value!, saved: [x!, weight!, moments!] };
    },
    (dy, [x, weight, moments]) => gradient({ x: x!, weight: weight!, moments: moments!, dy }),
  );
}

/** n = (x − mean)·r, r = 1/√(variance + eps); dx = r·(dy − mean(dy) − n·mean(dy·n)). */
function normalize(tf: Tf, x: Tensor, eps: number): Tensor {
  const mean = (values: Tensor) => tf.mean(values, -1, true);
  return ownGradient(
    tf,
    x,
    (input) => {
      const centred = tf.sub(input, mean(input));
      const scale = tf.rsqrt(tf.add(mean(tf.square(centred)), eps));
      const value = tf.mul(centred, scale);
      return { value, saved: [value, scale] };
    },
    (dy, [value, scale]) => {
      const along = tf.mul(value!, mean(tf.mul(dy, value!)));
      return tf.mul(scale!, tf.sub(tf.sub(dy, mean(dy)), along));
    },
  );
}

/** Scales the last axis to a mean square of 1, then by the weight (Zhang & Sennrich, 2019), or by one more than it, as Gemma does. */
export function rmsNorm(
  tf: Tf,
  weights: Weights,
  key: string,
  x: Tensor,
  { eps, oneMore }: { eps: number; oneMore: boolean },
): Tensor {
  const weight = weights.get(`${key}.weight`);
  return tf.mul(toUnitSquare(tf, x, eps), oneMore ? tf.add(weight, 1) : weight);
}

/** n = x·r, r = 1/√(mean(x²) + eps); dx = r·(dy − n·mean(dy·n)). */
function toUnitSquare(tf: Tf, x: Tensor, eps: number): Tensor {
  const mean = (values: Tensor) => tf.mean(values, -1, true);
  return ownGradient(
    tf,
    x,
    (input) => {
      const scale = tf.rsqrt(tf.add(mean(tf.square(input)), eps));
      const value = tf.mul(input, scale);
      return { value, saved: [value, scale] };
    },
    (dy, [value, scale]) => {
      const along = tf.mul(value!, mean(tf.mul(dy, value!)));
      return tf.mul(scale!, tf.sub(dy, along));
    },
  );
}

/** What attention does with its queries and keys. */
export interface AttentionShape {
  heads: number;
  /** Factor of the scores; 1/√(head size) when absent. */
  scale?: number;
  /** Scores s are cap·tanh(s / cap) before the mask. */
  cap?: number | null;
}

/** softmax(scale·q·kᵀ + mask)·v in each head; q, k, v [B, T, d], mask broadcast to [B, heads, T, T]. */
export function attention(
  tf: Tf,
  [q, k, v]: readonly [Tensor, Tensor, Tensor],
  { heads, scale, cap = null }: AttentionShape,
  mask: Tensor | null,
): Tensor {
  const [size = 0, length = 0, width = 0] = q.shape;
  const factor = scale ?? 1 / Math.sqrt(width / heads);
  const [fused, gradient] = [fusedKernel(tf, 'Attention'), fusedKernel(tf, 'AttentionGradient')];
  if (fused && gradient && cap === null && (mask?.shape.at(-3) ?? 1) === 1) {
    const attrs = { heads, scale: factor };
    return ownGradients(
      tf,
      [q, k, v],
      (q, k, v) => {
        const given = { q: q!, k: k!, v: v!, ...(mask && { mask }) };
        const [value, shares] = fused(given, attrs);
        return { value: value!, saved: [q!, k!, v!, shares!] };
      },
      (dy, [q, k, v, shares]) => gradient({ q: q!, k: k!, v: v!, shares: shares!, dy }, attrs),
    );
  }
  const split = (x: Tensor) =>
    tf.transpose(tf.reshape(x, [size, length, heads, width / heads]), [0, 2, 1, 3]);
  const scaled = tf.mul(split(q), factor);
  const plain = tf.matMul(scaled, split(k), false, true);
  const scores = cap === null ? plain : tf.mul(tf.tanh(tf.div(plain, cap)), cap);
  const shares = tf.softmax(mask ? tf.add(scores, mask) : scores);
  const mixed = tf.transpose(tf.matMul(shares, split(v)), [0, 2, 1, 3]);
  return tf.reshape(mixed, [size, length, width]);
}

/** Added to a score, it leaves a share of 0 after softmax. */
const barred = -1e9;

/** [B, 1, 1, T]: bars padding; null when the batch has none. */
export function paddingMask(tf: Tf, { attention: tokens }: Batch): Tensor | null {
  if (!tokens) return null;
  const [size = 0, length = 0] = tokens.shape;
  return tf.reshape(tf.mul(tf.sub(1, tokens), barred), [size, 1, 1, length]);
}

/** [T, T]: bars the tokens that follow, and those that are `window` or more before. */
export function causalMask(tf: Tf, length: number, window = Infinity): Tensor {
  const at = tf.range(0, length, 1, 'float32');
  const before = tf.sub(tf.reshape(at, [length, 1]), tf.reshape(at, [1, length]));
  const ahead = tf.cast(tf.less(before, 0), 'float32');
  if (window >= length) return tf.mul(ahead, barred);
  return tf.mul(tf.add(ahead, tf.cast(tf.greaterEqual(before, window), 'float32')), barred);
}

/** Rows of a table [V, d] by indices of any shape. */
export function embed(tf: Tf, table: Tensor, ids: Tensor): Tensor {
  const rows = tf.gather(table, tf.reshape(ids, [-1]));
  return tf.reshape(rows, [...ids.shape, table.shape[1]!]);
}

/** The token ids of a batch through `table`, plus `places` of their positions: [B, T, d]. Throws as `tokenIds` does. */
export function embedTokens(tf: Tf, weights: Weights, batch: Batch, limit: number): Tensor {
  const ids = tokenIds(batch, limit);
  const at = tf.range(0, ids.shape[1] ?? 0, 1, 'int32');
  return tf.add(embed(tf, weights.get('table'), ids), tf.gather(weights.get('places'), at));
}

/** x [B, T, d] at one position of each row, `at` [B] int32: [B, d]. */
export function rowsAt(tf: Tf, x: Tensor, at: Tensor): Tensor {
  const [size = 0, length = 0, width = 0] = x.shape;
  const starts = tf.range(0, size * length, length, 'int32');
  return tf.gather(tf.reshape(x, [size * length, width]), tf.add(starts, at));
}

/** The first token's row of x [B, T, d]: [B, d]. */
export function firstRows(tf: Tf, x: Tensor): Tensor {
  const [size = 0, , width = 0] = x.shape;
  return tf.reshape(tf.slice(x, [0, 0, 0], [size, 1, width]), [size, width]);
}

/** A part of a batch that a tower cannot do without. */
export function given(batch: Batch, key: 'ids' | 'at' | 'pixels'): Tensor {
  const tensor = batch[key];
  if (!tensor) throw bug(`The batch lacks ${key}.`);
  return tensor;
}

/** Token ids [B, T]; throws Incompatible when T is over `limit`, beyond which there are no positions. */
export function tokenIds(batch: Batch, limit: number): Tensor {
  const ids = given(batch, 'ids');
  const [, length = 0] = ids.shape;
  if (length <= limit) return ids;
  throw incompatible(
    `A text of ${length} tokens was given to a model that has positions for ${limit}. Choose a shorter length.`,
  );
}
