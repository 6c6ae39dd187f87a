import { incompatible } from '../errors.ts';
import type { Config } from './config.ts';
import type { Tensor, Tf } from './block.ts';
import type { Weights } from './weights.ts';

/** Sizes of a square image cut into square patches. */
export interface Grid {
  /** Pixels of the image's side. */
  image: number;
  /** Pixels of a patch's side. */
  patch: number;
}

/**
 * The grid of a patch embedding [d, 3, patch, patch] and of `positions` rows, `extra` of which belong to no patch. Throws
 * Incompatible when the image is not square, or config.json says another size.
 */
export function gridOf(
  [, channels = 0, patch = 0, height = 0]: readonly number[],
  positions: number,
  extra: number,
  config: Config,
  model: string,
): Grid {
  const side = Math.sqrt(positions - extra);
  if (!Number.isInteger(side) || channels !== 3 || patch !== height)
    throw incompatible(
      `${model}: patches of ${channels} × ${patch} × ${height} and ${positions} positions make no square image of three colours. Only such models can be run.`,
    );
  config.agree({ image_size: side * patch, patch_size: patch });
  return { image: side * patch, patch };
}

/**
 * Pixels [B, H, W, 3] to [B, T, d]: the tokens cls and dist (if any), then a token for each patch, all with their places
 * added. Keys: patch, cls, dist, places.
 */
export function embedImages(tf: Tf, weights: Weights, pixels: Tensor, grid: Grid): Tensor {
  const patches = embedPatches(tf, weights, pixels, grid);
  const [size = 0, , width = 0] = patches.shape;
  const dist = weights.optional('dist');
  const extra = [weights.get('cls'), ...(dist ? [dist] : [])].map((row) =>
    tf.tile(tf.reshape(row, [1, 1, width]), [size, 1, 1]),
  );
  return tf.add(tf.concat([...extra, patches], 1), weights.get('places'));
}

/** A convolution of stride `patch` by a product of matrices, weight [d, 3, patch, patch]: [B, patches, d]. */
function embedPatches(tf: Tf, weights: Weights, pixels: Tensor, { patch }: Grid): Tensor {
  const weight = weights.get('patch.weight');
  const bias = weights.optional('patch.bias');
  const [size = 0, height = 0, width = 0] = pixels.shape;
  const [rows, columns] = [height / patch, width / patch];
  const strips = tf.reshape(pixels, [size * rows, patch, columns, patch * 3]);
  const patches = tf.reshape(tf.transpose(strips, [0, 2, 1, 3]), [-1, patch * patch * 3]);
  const flat = tf.reshape(tf.transpose(weight, [0, 2, 3, 1]), [-1, patch * patch * 3]);
  const product = tf.matMul(patches, flat, false, true);
  const y = bias ? tf.add(product, bias) : product;
  return tf.reshape(y, [size, rows * columns, weight.shape[0] ?? 0]);
}
