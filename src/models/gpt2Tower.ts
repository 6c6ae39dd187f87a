import type { TensorInfo } from '../tensor/tensorIndex.ts';
import { activationOf } from './activations.ts';
import type { Block, Tensor, Tf, Tower } from './block.ts';
import { Config } from './config.ts';
import { wordHeads } from './languageModel.ts';
import { lastTokenClassifier } from './lastToken.ts';
import { causalMask, embedTokens, layerNorm } from './layers.ts';
import { preNormLayer, type PreNorm } from './preNorm.ts';
import { Finder, firstBlock, laterBlock, layerWants, normWants, type Weights } from './weights.ts';

const label = 'GPT-2';

const layerNames = {
  norm1: 'ln_1',
  qkv: 'attn.c_attn',
  out: 'attn.c_proj',
  norm2: 'ln_2',
  up: 'mlp.c_fc',
  down: 'mlp.c_proj',
};

type Sizes = ReturnType<typeof sizesOf>;

/** GPT-2's decoder (Radford et al., 2019); padding must follow the tokens. */
export function buildGpt2(
  tensors: readonly TensorInfo[],
  values: Readonly<Record<string, unknown>>,
): Tower {
  const config = new Config(values);
  const finder = new Finder(tensors, 'model');
  const sizes = sizesOf(finder, config);
  const { prefix, words, positions, hidden } = sizes;
  const eps = config.number(['layer_norm_epsilon'], 1e-5);
  const table = { key: 'table', names: [`${prefix}wte.weight`], shape: [words, hidden] };
  const places = { key: 'places', names: [`${prefix}wpe.weight`], shape: [positions, hidden] };
  const embeddings = firstBlock('embeddings', finder.take([table, places]), (tf, weights, batch) =>
    embedTokens(tf, weights, batch, positions),
  );
  const blocks = [embeddings, ...layers(sizes, finder, config, eps)];
  const untied = config.flag('tie_word_embeddings', true) ? null : finder.prefix('lm_head.weight');
  const out = untied === null ? table : { ...table, names: [`${untied}lm_head.weight`] };
  const last = finder.take(normWants('norm', `${prefix}ln_f`, hidden));
  const head = { ...last, ...finder.take([out]) };
  finder.check(label);
  const norm = (tf: Tf, weights: Weights, x: Tensor) => layerNorm(tf, weights, 'norm', x, eps);
  const classes = { label, hidden, parts: last, norm };
  return {
    input: 'text',
    blocks,
    hidden,
    limit: positions,
    vocabulary: words,
    heads: {
      ...wordHeads(head, { norm }),
      classifier: (task, own) => lastTokenClassifier(classes, task, own),
    },
  };
}

function sizesOf(finder: Finder, config: Config) {
  const prefix = finder.prefix('wte.weight') ?? '';
  const at = (name: string) => finder.shape(prefix + name, 2, label);
  const [words = 0, hidden = 0] = at('wte.weight');
  const [positions = 0] = at('wpe.weight');
  const [, inner = 0] = at('h.0.mlp.c_fc.weight');
  const layers = finder.count(`${prefix}h.`);
  config.agree({ vocab_size: words, n_embd: hidden, n_layer: layers, n_positions: positions });
  if (config.has('n_inner')) config.agree({ n_inner: inner });
  return { prefix, words, positions, hidden, inner, layers };
}

function layers(sizes: Sizes, finder: Finder, config: Config, eps: number): Block[] {
  const { prefix, hidden, layers: count } = sizes;
  const heads = config.heads(['n_head'], hidden);
  const activation = activationOf(config.text('activation_function', 'gelu_new'));
  const scale = config.flag('scale_attn_weights', true) ? Math.sqrt(heads / hidden) : 1;
  const byLayer = config.flag('scale_attn_by_inverse_layer_idx', false);
  return Array.from({ length: count }, (_, i) => {
    const wants = layerWants(layerNames, `${prefix}h.${i}.`, sizes, 'conv1d');
    const options: PreNorm = {
      eps,
      activation,
      heads,
      layout: 'conv1d',
      scale: byLayer ? scale / (i + 1) : scale,
    };
    return laterBlock(`layer.${i}`, finder.take(wants), (tf, weights, x) =>
      preNormLayer(tf, weights, x, options, causalMask(tf, x.shape[1] ?? 0)),
    );
  });
}
