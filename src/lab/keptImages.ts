import type { Examples } from '../models/task.ts';

/** Most bytes of pixels that one task keeps. */
const mostBytes = 128 * 2 ** 20;

/** Examples whose images are decoded once, when a batch first asks for them; texts stay as they are. */
export function keptImages(examples: Examples): Examples {
  const kept: (Float32Array | undefined)[] = [];
  let bytes = 0;
  return {
    ...examples,
    async batch(tf, indices) {
      const missing = indices.filter((i) => kept[i] === undefined);
      if (missing.length > 0 && bytes >= mostBytes) return examples.batch(tf, indices);
      if (missing.length > 0) {
        const fresh = await examples.batch(tf, missing);
        if (fresh.pixels) bytes += keep(kept, missing, await fresh.pixels.data<'float32'>());
        if (missing.length === indices.length) return fresh;
        Object.values(fresh).forEach((tensor) => tensor?.dispose());
      }
      const side = Math.sqrt((kept[indices[0] ?? 0]?.length ?? 0) / 3);
      const pixels = new Float32Array(indices.length * side * side * 3);
      indices.forEach((i, row) => pixels.set(kept[i]!, row * side * side * 3));
      const labels = Int32Array.from(indices, (i) => examples.labels[i]!);
      return {
        pixels: tf.tensor4d(pixels, [indices.length, side, side, 3], 'float32'),
        labels: tf.tensor1d(labels, 'int32'),
      };
    },
  };
}

/** Bytes newly kept. */
function keep(
  kept: (Float32Array | undefined)[],
  indices: readonly number[],
  pixels: Float32Array,
): number {
  const width = pixels.length / indices.length;
  indices.forEach((i, row) => (kept[i] = pixels.slice(row * width, (row + 1) * width)));
  return pixels.byteLength;
}
