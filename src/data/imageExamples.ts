import type { Examples } from '../models/task.ts';
import type { ImageEntry } from './imageEntry.ts';
import type { Processor } from './imageProcessor.ts';

/** Images as examples of a task, read and processed when a batch asks for them. */
export function imageExamples(images: readonly ImageEntry[], processor: Processor): Examples {
  const labels = Int32Array.from(images, ({ label }) => label);
  return {
    size: images.length,
    labels,
    async batch(tf, indices) {
      const { size } = processor;
      const pixels = new Float32Array(indices.length * size * size * 3);
      for (const [row, i] of indices.entries()) {
        const image = images[i]!;
        pixels.set(await processor.process(await image.open(), image.path), row * size * size * 3);
      }
      const classes = Int32Array.from(indices, (i) => labels[i]!);
      return {
        pixels: tf.tensor4d(pixels, [indices.length, size, size, 3], 'float32'),
        labels: tf.tensor1d(classes, 'int32'),
      };
    },
  };
}
