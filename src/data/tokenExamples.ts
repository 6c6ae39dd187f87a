import type { Examples } from '../models/task.ts';
import { paddedLength, tokenBatch } from './batches.ts';
import type { Encoded } from './prompt.ts';

/** Encoded texts as examples of a task; `labels` is empty for language models, which then get no labels. */
export function tokenExamples(
  encoded: readonly Encoded[],
  labels: readonly number[],
  pad: number,
): Examples {
  return {
    size: encoded.length,
    labels: Int32Array.from(labels),
    lengths: Int32Array.from(encoded, (each) => paddedLength([each])),
    async batch(tf, indices) {
      const inputs = indices.map((i) => encoded[i]!);
      const classes = labels.length > 0 ? indices.map((i) => labels[i]!) : [];
      const batch = tokenBatch(inputs, classes, pad);
      const shape: [number, number] = [batch.size, batch.length];
      return {
        ids: tf.tensor2d(batch.ids, shape, 'int32'),
        types: tf.tensor2d(batch.types, shape, 'int32'),
        attention: tf.tensor2d(batch.attention, shape, 'float32'),
        at: tf.tensor1d(batch.at, 'int32'),
        ...(labels.length > 0 && { labels: tf.tensor1d(batch.labels, 'int32') }),
      };
    },
  };
}
