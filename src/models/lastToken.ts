import { incompatible } from '../errors.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import type { Batch, Block, Tensor, Tf } from './block.ts';
import { Config } from './config.ts';
import { given, linear, rowsAt } from './layers.ts';
import { Finder, laterBlock, linearWants, type Parts, type Weights } from './weights.ts';

/** What classification heads of decoders differ in. */
export interface LastTokenHead {
  /** The decoder's, for errors. */
  label: string;
  hidden: number;
  /** What the last norm reads, which is the model's. */
  parts: Parts;
  norm(tf: Tf, weights: Weights, x: Tensor): Tensor;
}

/**
 * A task's own head: score·norm(x) at the last token that is no padding, nor what config.json says padding is; as many classes
 * as `score` has rows (`ForSequenceClassification` of transformers). Throws Incompatible where the task has none.
 */
export function lastTokenClassifier(
  { label, hidden, parts, norm }: LastTokenHead,
  task: readonly TensorInfo[],
  values: Readonly<Record<string, unknown>>,
): Block {
  const config = new Config(values);
  const pad = config.has('pad_token_id') ? config.number(['pad_token_id'], 0) : null;
  const model = `${label}'s classifier`;
  const finder = new Finder(task, 'task');
  const prefix = finder.prefix('score.weight');
  if (prefix === null)
    throw incompatible(
      `${model} is a matrix score.weight, and the fine-tuned checkpoint has none. Give one that was trained to tell classes, or data for a language model: plain text, answers or choices.`,
    );
  const [labels = 0] = finder.shape(`${prefix}score.weight`, 2, model);
  const [weight, bias] = linearWants('score', `${prefix}score`, [labels, hidden]);
  const own = finder.take([weight!, { ...bias!, optional: true }]);
  finder.check(model);
  return laterBlock('classifier', { ...parts, ...own }, (tf, weights, x, batch) => {
    const rows = rowsAt(tf, x, lastTokens(tf, batch, pad));
    return linear(tf, weights, 'score', norm(tf, weights, rows));
  });
}

/** [B] int32: the place of each text's last token that is neither padding nor `pad`; 0 where there is none. */
function lastTokens(tf: Tf, batch: Batch, pad: number | null): Tensor {
  const ids = given(batch, 'ids');
  const [, length = 0] = ids.shape;
  const places = tf.range(0, length, 1, 'float32');
  const { attention } = batch;
  const told = attention ? tf.mul(places, attention) : tf.tile(places, [ids.shape[0] ?? 0, 1]);
  const read = pad === null ? told : tf.mul(told, tf.cast(tf.notEqual(ids, pad), 'float32'));
  return tf.cast(tf.max(read, 1), 'int32');
}
