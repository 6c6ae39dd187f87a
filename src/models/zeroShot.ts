import { incompatible } from '../errors.ts';
import type { Block } from './block.ts';
import { laterBlock } from './weights.ts';

/**
 * CLIP's zero-shot head: logits [B, labels] = scale · x·Wᵀ of unit embeddings x [B, e] and the classes' unit embeddings W
 * [labels, e], row-major. Its classes have no gradient. Throws Incompatible when W is not of whole rows.
 */
export function zeroShotHead(weights: Float32Array, labels: number, scale: number): Block {
  const width = weights.length / labels;
  if (labels < 1 || width < 1 || !Number.isInteger(width))
    throw incompatible(
      `A zero-shot head of ${weights.length} numbers has no ${labels} rows of equal length. Give one embedding per class.`,
    );
  return laterBlock('zeroShot', {}, (tf, _weights, x) => {
    const classes = tf.tensor2d(weights, [labels, width], 'float32');
    return tf.mul(tf.matMul(x, classes, false, true), scale);
  });
}
