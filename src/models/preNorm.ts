import type { Activation } from './activations.ts';
import type { Tensor, Tf } from './block.ts';
import { attention, layerNorm, linear, type AttentionShape } from './layers.ts';
import type { Layout, Weights } from './weights.ts';

/** What layers that normalise first differ in. */
export interface PreNorm extends AttentionShape {
  eps: number;
  activation: Activation;
  layout: Layout;
}

/**
 * A transformer layer that normalises before attention and before its MLP: x [B, T, d] to [B, T, d]. Keys: norm1, norm2,
 * out, up, down, and qkv (fused) or q, k, v.
 */
export function preNormLayer(
  tf: Tf,
  weights: Weights,
  x: Tensor,
  options: PreNorm,
  mask: Tensor | null,
): Tensor {
  const { eps, activation, layout } = options;
  const project = (key: string, input: Tensor) => linear(tf, weights, key, input, layout);
  const inputs = layerNorm(tf, weights, 'norm1', x, eps);
  const qkv = weights.optional('qkv.weight')
    ? (tf.split(project('qkv', inputs), 3, -1) as Tensor[])
    : ['q', 'k', 'v'].map((key) => project(key, inputs));
  const mixed = attention(tf, [qkv[0]!, qkv[1]!, qkv[2]!], options, mask);
  const middle = tf.add(x, project('out', mixed));
  const wide = activation(tf, project('up', layerNorm(tf, weights, 'norm2', middle, eps)));
  return tf.add(middle, project('down', wide));
}
