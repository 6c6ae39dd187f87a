import type { Activation } from './activations.ts';
import type { Tensor, Tf } from './block.ts';
import { attention, causalMask, linear, rmsNorm, type AttentionShape } from './layers.ts';
import { ownGradient } from './ownGradient.ts';
import { rotate, type Rotary } from './rotary.ts';
import type { Weights } from './weights.ts';

/** What layers of Llama's kind differ in beside their tensors. */
export interface LlamaLayer extends AttentionShape {
  /** Heads of keys and values, each for as many heads of queries. */
  keyHeads: number;
  /** Width of a head. */
  size: number;
  eps: number;
  /** Norms scale by 1 + weight. */
  oneMore: boolean;
  activation: Activation;
  /** Tokens that one sees, itself among them. */
  window: number;
  /** Null where a layer has no positions. */
  rotary: Rotary | null;
}

/**
 * A decoder layer with RMS norms, rotary positions and a gated MLP: x [B, T, d] to [B, T, d]. Keys: q, k, v or qkv, out; gate,
 * up or gateUp, down; and norms where there are any: before and after attention and MLP, of queries and keys.
 */
export function llamaLayer(tf: Tf, weights: Weights, x: Tensor, options: LlamaLayer): Tensor {
  const norm = (key: string, values: Tensor) =>
    weights.optional(`${key}.weight`) ? rmsNorm(tf, weights, key, values, options) : values;
  const mixed = selfAttention(tf, weights, norm('beforeAttention', x), options);
  const middle = tf.add(x, norm('afterAttention', mixed));
  const [gate, up] = projected(tf, weights, ['gate', 'up'], 'gateUp', norm('beforeMlp', middle));
  const wide = tf.mul(options.activation(tf, gate!), up!);
  return tf.add(middle, norm('afterMlp', linear(tf, weights, 'down', wide)));
}

/** Of linear layers with the same input, or of their rows joined, whose sizes are equal unless given. */
function projected(
  tf: Tf,
  weights: Weights,
  keys: readonly string[],
  joined: string,
  x: Tensor,
  sizes: number | number[] = keys.length,
): Tensor[] {
  if (!weights.optional(`${joined}.weight`)) return keys.map((key) => linear(tf, weights, key, x));
  return tf.split(linear(tf, weights, joined, x), sizes, -1);
}

function selfAttention(tf: Tf, weights: Weights, x: Tensor, options: LlamaLayer): Tensor {
  const { heads, keyHeads, size, rotary, window } = options;
  const sizes = [heads, keyHeads, keyHeads].map((count) => count * size);
  const [q, k, v] = projected(tf, weights, ['q', 'k', 'v'], 'qkv', x, sizes);
  const placed = (key: string, values: Tensor) => {
    const normal = headNorm(tf, weights, key, values, options);
    return rotary ? rotate(tf, normal, size, rotary) : normal;
  };
  const spread = (values: Tensor) => repeatHeads(tf, values, size, heads / keyHeads);
  const [queries, keys] = [placed('qNorm', q!), spread(placed('kNorm', k!))];
  const mask = causalMask(tf, x.shape[1] ?? 0, window);
  return linear(tf, weights, 'out', attention(tf, [queries, keys, spread(v!)], options, mask));
}

/** The norm of queries or keys [B, T, d], as many values at a time as it has weights. */
function headNorm(tf: Tf, weights: Weights, key: string, x: Tensor, options: LlamaLayer): Tensor {
  const weight = weights.optional(`${key}.weight`);
  if (!weight) return x;
  const [texts = 0, length = 0, width = 0] = x.shape;
  const heads = tf.reshape(x, [texts, length, width / weight.size, weight.size]);
  return tf.reshape(rmsNorm(tf, weights, key, heads, options), [texts, length, width]);
}

/** Each head of x [B, T, heads·size] `times` times in a row. */
function repeatHeads(tf: Tf, x: Tensor, size: number, times: number): Tensor {
  if (times === 1) return x;
  const [texts = 0, length = 0, width = 0] = x.shape;
  const count = (texts * length * width) / size;
  return ownGradient(
    tf,
    x,
    (input) => {
      const repeated = tf.tile(tf.reshape(input, [count, 1, size]), [1, times, 1]);
      return { value: tf.reshape(repeated, [texts, length, times * width]), saved: [] };
    },
    (dy) => tf.reshape(tf.sum(tf.reshape(dy, [count, times, size]), 1), [texts, length, width]),
  );
}
