import { bug } from '../errors.ts';
import type { Batch, Block, Tensor, Tf } from './block.ts';
import {
  lossAndGradients,
  type BatchResult,
  type Consumer,
  type Loss,
  type ParameterSource,
} from './blockwise.ts';

/** Examples that a model can be fed, in a fixed order. */
export interface Examples {
  size: number;
  /** Class of each; empty for language models. */
  labels: Int32Array;
  /** Tokens of each with their padding, where they differ: those of like length are best fed together. */
  lengths?: Int32Array;
  /** Tensors of these examples, owned by the caller. */
  batch(tf: Tf, indices: readonly number[]): Promise<Batch>;
}

/** What a model is asked to do: its blocks with a head at the end, a loss, and examples. */
export interface Task {
  name: string;
  blocks: readonly Block[];
  loss: Loss;
  /** Of language models: a last block that tells the entropies of the words in place of the losses, [B, T − 1]. */
  entropy?: Block;
  /** Of language models: a last block that tells which tokens are the likeliest in place of the losses, [B, T − 1]. */
  greedy?: Block;
  /** Class names; empty for language models. */
  labels: readonly string[];
  /** Tokens or patches of the longest example. */
  tokens: number;
  train: Examples | null;
  test: Examples | null;
  /** Remarks for the user, e.g. on texts cut short. */
  notes: readonly string[];
}

/** Parameters, and what takes their gradients. */
export interface Trained {
  source: ParameterSource;
  consume: Consumer;
}

/** As `lossAndGradients`, of these training examples of a task. */
export async function lossOfRows(
  tf: Tf,
  { name, train, loss }: Pick<Task, 'name' | 'train' | 'loss'>,
  segments: readonly (readonly Block[])[],
  rows: readonly number[],
  { source, consume }: Trained,
): Promise<BatchResult> {
  if (!train) throw bug(`${name} has no examples to learn from.`);
  const batch = await train.batch(tf, rows);
  try {
    return await lossAndGradients(tf, segments, loss, batch, source, consume);
  } finally {
    Object.values(batch).forEach((tensor) => tensor?.dispose());
  }
}

/** Mean cross-entropy of logits [B, C] against `batch.labels`. */
export function crossEntropy(tf: Tf, logits: Tensor, { labels }: Batch): Tensor {
  const classes = logits.shape[1] ?? 1;
  const wanted = tf.oneHot(labels as Tensor, classes);
  return tf.neg(tf.mean(tf.sum(tf.mul(wanted, tf.logSoftmax(logits)), 1)));
}

/** Mean negative log-likelihood of the tokens told, from the head's [B, T − 1] with 0 at padding. */
export function meanNll(tf: Tf, nll: Tensor, { attention }: Batch): Tensor {
  const [size = 0, length = 1] = (attention as Tensor).shape;
  const told = tf.slice(attention as Tensor, [0, 1], [size, length - 1]);
  return tf.div(tf.sum(nll), tf.sum(told));
}
