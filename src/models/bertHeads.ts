import type { TensorInfo } from '../tensor/tensorIndex.ts';
import { activationOf } from './activations.ts';
import type { Block, Heads } from './block.ts';
import type { Config } from './config.ts';
import { firstRows, given, layerNorm, linear, rowsAt } from './layers.ts';
import { Finder, laterBlock, linearWants, normWants } from './weights.ts';

/** Names of the heads' tensors, without prefix; those of layers without .weight and .bias. */
export interface BertHeadNames {
  label: string;
  maskedLm: {
    dense: string;
    norm: string;
    bias: readonly string[];
    decoder: string;
    /** Where it is not the encoder's. */
    activation?: string;
  };
  classifier: { dense: string; out: string };
}

/**
 * The masked-LM head when the checkpoint has one: LN(act(dense(x)))·Eᵀ + bias, at the words asked for alone; E is the word
 * embedding `table` unless config.json unties them.
 */
export function maskedLmHead(
  { label, maskedLm: names }: BertHeadNames,
  { hidden, words, eps, table }: { hidden: number; words: number; eps: number; table: string },
  tensors: readonly TensorInfo[],
  config: Config,
): Partial<Heads> {
  const finder = new Finder(tensors, 'model');
  const prefix = finder.prefix(`${names.dense}.weight`);
  if (prefix === null) return {};
  const decoder = prefix + names.decoder;
  const untied = !config.flag('tie_word_embeddings', true) && finder.has(decoder);
  const parts = finder.take([
    ...linearWants('dense', prefix + names.dense, [hidden, hidden]),
    ...normWants('norm', prefix + names.norm, hidden),
    { key: 'bias', names: names.bias.map((name) => prefix + name), shape: [words] },
    { key: 'table', names: [untied ? decoder : table], shape: [words, hidden] },
  ]);
  finder.check(`${label}'s masked-LM head`);
  const activation = activationOf(names.activation ?? config.text('hidden_act', 'gelu'));
  const maskedLm = (ids: readonly number[]) =>
    laterBlock('maskedLm', parts, (tf, weights, x, batch) => {
      const rows = linear(tf, weights, 'dense', rowsAt(tf, x, given(batch, 'at')));
      const normal = layerNorm(tf, weights, 'norm', activation(tf, rows), eps);
      const asked = tf.tensor1d([...ids], 'int32');
      const logits = tf.matMul(normal, tf.gather(weights.get('table'), asked), false, true);
      return tf.add(logits, tf.gather(weights.get('bias'), asked));
    });
  return { maskedLm };
}

/** A task's own head: out(tanh(dense(first token))), as many classes as `out` has rows. */
export function tanhClassifier(
  { label, classifier }: BertHeadNames,
  hidden: number,
  task: readonly TensorInfo[],
): Block {
  const model = `${label}'s classifier`;
  const finder = new Finder(task, 'task');
  const full = (stem: string) => (finder.prefix(`${stem}.weight`) ?? '') + stem;
  const [labels = 0] = finder.shape(`${full(classifier.out)}.weight`, 2, model);
  const parts = finder.take([
    ...linearWants('dense', full(classifier.dense), [hidden, hidden]),
    ...linearWants('out', full(classifier.out), [labels, hidden]),
  ]);
  finder.check(model);
  return laterBlock('classifier', parts, (tf, weights, x) => {
    const pooled = tf.tanh(linear(tf, weights, 'dense', firstRows(tf, x)));
    return linear(tf, weights, 'out', pooled);
  });
}
