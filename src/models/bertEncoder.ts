import type { TensorInfo } from '../tensor/tensorIndex.ts';
import { activationOf } from './activations.ts';
import { maskedLmHead, tanhClassifier, type BertHeadNames } from './bertHeads.ts';
import type { Block, Tensor, Tf, Tower } from './block.ts';
import { Config } from './config.ts';
import { attention, embed, layerNorm, linear, paddingMask, tokenIds } from './layers.ts';
import { Finder, firstBlock, laterBlock, layerWants, normWants, type Want } from './weights.ts';

/** What tells one relative of BERT from another. */
export interface BertKind extends BertHeadNames {
  label: string;
  /** Of all LayerNorms, where config.json does not say. */
  eps: number;
  /** Positions count the tokens that are not padding, from the padding's id + 1; else all, from 0. */
  countsTokens: boolean;
}

type Sizes = ReturnType<typeof sizesOf>;

const layerNames = {
  q: 'attention.self.query',
  k: 'attention.self.key',
  v: 'attention.self.value',
  out: 'attention.output.dense',
  norm1: 'attention.output.LayerNorm',
  up: 'intermediate.dense',
  down: 'output.dense',
  norm2: 'output.LayerNorm',
};

/** The text tower of BERT and its relatives (Devlin et al., 2019): LayerNorms follow what they normalise. */
export function buildBert(
  kind: BertKind,
  tensors: readonly TensorInfo[],
  values: Readonly<Record<string, unknown>>,
): Tower {
  const config = new Config(values);
  const finder = new Finder(tensors, 'model');
  const sizes = sizesOf(kind, finder, config);
  const { hidden, words, positions, prefix } = sizes;
  const eps = config.number(['layer_norm_eps'], kind.eps);
  const first = kind.countsTokens ? config.number(['pad_token_id'], 1) + 1 : 0;
  const blocks = [
    embeddings(sizes, finder, eps, kind.countsTokens ? first - 1 : null),
    ...layers(sizes, finder, config, eps),
  ];
  finder.check(kind.label);
  const table = `${prefix}embeddings.word_embeddings.weight`;
  return {
    input: 'text',
    blocks,
    hidden,
    limit: positions - first,
    vocabulary: words,
    heads: {
      ...maskedLmHead(kind, { hidden, words, eps, table }, tensors, config),
      classifier: (task) => tanhClassifier(kind, hidden, task),
    },
  };
}

function sizesOf({ label }: BertKind, finder: Finder, config: Config) {
  const prefix = finder.prefix('embeddings.word_embeddings.weight') ?? '';
  const at = (name: string) => finder.shape(prefix + name, 2, label);
  const [words = 0, hidden = 0] = at('embeddings.word_embeddings.weight');
  const [positions = 0] = at('embeddings.position_embeddings.weight');
  const [types = 0] = at('embeddings.token_type_embeddings.weight');
  const [inner = 0] = at('encoder.layer.0.intermediate.dense.weight');
  const layers = finder.count(`${prefix}encoder.layer.`);
  config.agree({
    vocab_size: words,
    hidden_size: hidden,
    max_position_embeddings: positions,
    type_vocab_size: types,
    intermediate_size: inner,
    num_hidden_layers: layers,
  });
  return { prefix, words, positions, types, hidden, inner, layers };
}

function embeddings(sizes: Sizes, finder: Finder, eps: number, padding: number | null): Block {
  const { prefix, words, positions, types, hidden } = sizes;
  const table = (key: string, rows: number): Want => ({
    key,
    names: [`${prefix}embeddings.${key}_embeddings.weight`],
    shape: [rows, hidden],
  });
  const parts = finder.take([
    table('word', words),
    table('position', positions),
    table('token_type', types),
    ...normWants('norm', `${prefix}embeddings.LayerNorm`, hidden),
  ]);
  return firstBlock('embeddings', parts, (tf, weights, batch) => {
    const ids = tokenIds(batch, positions - (padding === null ? 0 : padding + 1));
    const typeIds = types > 1 && batch.types ? batch.types : tf.zerosLike(ids);
    const places = tf.gather(weights.get('position'), positionIds(tf, ids, padding));
    const sum = tf.add(
      tf.add(embed(tf, weights.get('word'), ids), embed(tf, weights.get('token_type'), typeIds)),
      padding === null ? places : tf.reshape(places, [...ids.shape, hidden]),
    );
    return layerNorm(tf, weights, 'norm', sum, eps);
  });
}

/** [T] from 0; with a padding id [B·T]: the id itself for padding, then on from it over the other tokens. */
function positionIds(tf: Tf, ids: Tensor, padding: number | null): Tensor {
  if (padding === null) return tf.range(0, ids.shape[1] ?? 0, 1, 'int32');
  const tokens = tf.cast(tf.notEqual(ids, tf.scalar(padding, 'int32')), 'int32');
  const counted = tf.add(tf.mul(tf.cumsum(tokens, 1), tokens), tf.scalar(padding, 'int32'));
  return tf.reshape(counted, [-1]);
}

function layers(sizes: Sizes, finder: Finder, config: Config, eps: number): Block[] {
  const { prefix, hidden, layers: count } = sizes;
  const heads = config.heads(['num_attention_heads'], hidden);
  const activation = activationOf(config.text('hidden_act', 'gelu'));
  return Array.from({ length: count }, (_, i) => {
    const parts = finder.take(layerWants(layerNames, `${prefix}encoder.layer.${i}.`, sizes));
    return laterBlock(`layer.${i}`, parts, (tf, weights, x, batch) => {
      const project = (key: string, input: Tensor) => linear(tf, weights, key, input);
      const qkv = [project('q', x), project('k', x), project('v', x)] as const;
      const mixed = project('out', attention(tf, qkv, { heads }, paddingMask(tf, batch)));
      const middle = layerNorm(tf, weights, 'norm1', tf.add(x, mixed), eps);
      const wide = activation(tf, project('up', middle));
      return layerNorm(tf, weights, 'norm2', tf.add(middle, project('down', wide)), eps);
    });
  });
}
