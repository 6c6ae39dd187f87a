import { incompatible, unsupported } from '../errors.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import { activationOf, type Activation } from './activations.ts';
import type { Block, Tensor, Tf, Tower } from './block.ts';
import { Config } from './config.ts';
import { wordHeads } from './languageModel.ts';
import { embed, rmsNorm, tokenIds } from './layers.ts';
import { lastTokenClassifier } from './lastToken.ts';
import { families, rotaryBuffers, sights, type Family, type Sight } from './llamaFamilies.ts';
import { llamaLayer, type LlamaLayer } from './llamaLayer.ts';
import { rotaryOf, type Rotary } from './rotary.ts';
import { Finder, firstBlock, laterBlock, linearWants, type Want, type Weights } from './weights.ts';

const label = 'Llama family';

/** Most tokens of a text, however many positions there are: attention takes their square. */
const longest = 2048;

/** Names of a layer's tensors without .weight and .bias; queries, keys and values are one or three, gate and up one or two. */
const linearNames = {
  q: 'self_attn.q_proj',
  k: 'self_attn.k_proj',
  v: 'self_attn.v_proj',
  qkv: 'self_attn.qkv_proj',
  out: 'self_attn.o_proj',
  gate: 'mlp.gate_proj',
  up: 'mlp.up_proj',
  gateUp: 'mlp.gate_up_proj',
  down: 'mlp.down_proj',
};

const normNames = {
  before: { beforeAttention: 'input_layernorm', beforeMlp: 'post_attention_layernorm' },
  after: { afterAttention: 'post_attention_layernorm', afterMlp: 'post_feedforward_layernorm' },
  around: {
    beforeAttention: 'input_layernorm',
    afterAttention: 'post_attention_layernorm',
    beforeMlp: 'pre_feedforward_layernorm',
    afterMlp: 'post_feedforward_layernorm',
  },
};

/**
 * The decoder of Llama (Touvron et al., 2023) and of its relatives; padding must follow the tokens. config.json must name the
 * family: heads, positions and windows cannot be told from tensors.
 */
export function buildLlama(
  tensors: readonly TensorInfo[],
  values: Readonly<Record<string, unknown>>,
): Tower {
  const config = new Config(values);
  const family = familyOf(config);
  const finder = new Finder(tensors, 'model');
  const sizes = sizesOf(finder, config);
  const { prefix, hidden } = sizes;
  const limit = Math.min(longest, config.positive('max_position_embeddings', longest));
  const norms = { eps: config.positive('rms_norm_eps'), oneMore: family.gemma ?? false };
  const table = {
    key: 'table',
    names: [`${prefix}embed_tokens.weight`],
    shape: [sizes.words, hidden],
  };
  const embeddings = firstBlock('embeddings', finder.take([table]), (tf, weights, batch) => {
    const rows = embed(tf, weights.get('table'), tokenIds(batch, limit));
    return family.gemma ? tf.mul(rows, Math.sqrt(hidden)) : rows;
  });
  const blocks = [embeddings, ...layersOf({ finder, config, family, sizes, norms, limit })];
  const tied = config.flag('tie_word_embeddings', family.tied ?? false);
  const lead = finder.prefix('lm_head.weight');
  const out = tied ? table : { ...table, names: [`${lead ?? ''}lm_head.weight`] };
  // Classifiers have no words to tell, nor has a decoder that was saved alone.
  const tells = tied || lead !== null || (prefix !== '' && finder.prefix('score.weight') === null);
  const last = finder.take([normWant('norm', `${prefix}norm`, hidden)]);
  const words = tells ? { ...last, ...finder.take([out]) } : null;
  finder.check(label);
  checkUnread(finder, `${prefix}layers.`);
  const norm = (tf: Tf, weights: Weights, x: Tensor) => rmsNorm(tf, weights, 'norm', x, norms);
  const classes = { label, hidden, parts: last, norm };
  return {
    input: 'text',
    blocks,
    hidden,
    limit,
    vocabulary: sizes.words,
    heads: {
      ...(words && wordHeads(words, { norm, cap: capOf(config, family, 'logits') })),
      classifier: (task, own) => lastTokenClassifier(classes, task, own),
    },
  };
}

function familyOf(config: Config): Family {
  const type = config.text('model_type', '');
  const known = Object.keys(families);
  const family = known.includes(type) ? families[type] : undefined;
  if (!family)
    throw unsupported(
      `${label}: ${type === '' ? 'config.json says no model_type, which weights alone do not tell' : `models of type “${type}” cannot be run`}. Those of ${known.join(', ')} can, with their own config.json.`,
    );
  if (config.flag('use_bidirectional_attention', false))
    throw unsupported(
      `${label}: config.json says that tokens see those that follow, and such models are not run. Use a method that needs no data.`,
    );
  return family;
}

type Sizes = ReturnType<typeof sizesOf>;

function sizesOf(finder: Finder, config: Config) {
  const prefix = finder.prefix('embed_tokens.weight') ?? '';
  const [words = 0, hidden = 0] = finder.shape(`${prefix}embed_tokens.weight`, 2, label);
  const first = `${prefix}layers.0.`;
  const joins = (key: 'qkv' | 'gateUp') => finder.has(`${first}${linearNames[key]}.weight`);
  const sized = (key: keyof typeof linearNames) =>
    finder.shape(`${first}${linearNames[key]}.weight`, 2, label);
  const [joinsQueries, joinsGate] = [joins('qkv'), joins('gateUp')];
  const [, inner = 0] = sized('down');
  const layers = finder.count(`${prefix}layers.`);
  config.agree({ vocab_size: words, hidden_size: hidden, num_hidden_layers: layers });
  config.agree({ intermediate_size: inner });
  const [, width = 0] = sized('out');
  const [rows = 0] = sized(joinsQueries ? 'qkv' : 'k');
  const heads = config.positive('num_attention_heads');
  const size = width / heads;
  const keyWidth = joinsQueries ? (rows - width) / 2 : rows;
  const keyHeads = keyWidth / size;
  if (![heads, size / 2, keyHeads, heads / keyHeads].every((n) => Number.isInteger(n) && n > 0))
    throw incompatible(
      `config.json says num_attention_heads ${heads}, but the tensors have queries of width ${width} and keys of width ${keyWidth}, which make no such heads. Use the config.json that was saved with these weights.`,
    );
  config.agree({ num_key_value_heads: keyHeads, head_dim: size });
  return {
    ...{ prefix, words, hidden, inner, layers, joinsQueries, joinsGate },
    ...{ heads, keyHeads, size, width, keyWidth },
  };
}

/** What all layers are built from. */
interface Plan {
  finder: Finder;
  config: Config;
  family: Family;
  sizes: Sizes;
  norms: Pick<LlamaLayer, 'eps' | 'oneMore'>;
  /** Most tokens of a text. */
  limit: number;
}

function layersOf(plan: Plan): Block[] {
  const { finder, config, family, sizes, norms } = plan;
  const { prefix, layers, heads, keyHeads, size } = sizes;
  const shared = { heads, keyHeads, size, ...norms, activation: activationIn(config, family) };
  const cap = capOf(config, family, 'scores');
  const scale =
    family.scalar === undefined
      ? {}
      : { scale: config.positive('query_pre_attn_scalar', family.scalar) ** -0.5 };
  const window = family.window?.(config) ?? Infinity;
  const types = family.untyped ? null : config.perLayer('layer_types', layers, sights);
  return Array.from({ length: layers }, (_, i) => {
    const slides = family.slides?.(i, config) ?? false;
    const sight = types?.[i] ?? (slides ? 'sliding_attention' : 'full_attention');
    const options: LlamaLayer = {
      ...{ ...shared, ...scale, cap },
      window: sight === 'sliding_attention' ? window : Infinity,
      rotary: family.unplaced?.(i, layers, config) ? null : rotaryIn(plan, sight),
    };
    return laterBlock(
      `layer.${i}`,
      finder.take(layerWants(plan, `${prefix}layers.${i}.`)),
      (tf, weights, x) => llamaLayer(tf, weights, x, options),
    );
  });
}

function layerWants({ finder, config, family, sizes }: Plan, stem: string): Want[] {
  const { prefix, hidden, inner, size, width, keyWidth } = sizes;
  const queryWidth = (all: number) => (family.queryNorm === 'heads' ? size : all);
  const shapes: Partial<Record<keyof typeof linearNames, readonly [number, number]>> = {
    ...(sizes.joinsQueries
      ? { qkv: [width + 2 * keyWidth, hidden] }
      : { q: [width, hidden], k: [keyWidth, hidden], v: [keyWidth, hidden] }),
    out: [hidden, width],
    ...(sizes.joinsGate
      ? { gateUp: [2 * inner, hidden] }
      : { gate: [inner, hidden], up: [inner, hidden] }),
    down: [hidden, inner],
  };
  const biased = (key: string, name: string) =>
    family.biases?.includes(key) ||
    config.flag(name.startsWith('mlp.') ? 'mlp_bias' : 'attention_bias', false) ||
    finder.has(`${prefix}layers.0.${name}.bias`);
  const linear = Object.entries(linearNames).flatMap(([key, name]) => {
    const shape = shapes[key as keyof typeof linearNames];
    const wants = shape ? linearWants(key, stem + name, shape) : [];
    return wants.slice(0, biased(key, name) ? 2 : 1);
  });
  return [
    ...linear,
    ...Object.entries(normNames[family.norms ?? 'before']).map(([key, name]) =>
      normWant(key, stem + name, hidden),
    ),
    ...(family.queryNorm
      ? [
          normWant('qNorm', `${stem}self_attn.q_norm`, queryWidth(width)),
          normWant('kNorm', `${stem}self_attn.k_norm`, queryWidth(keyWidth)),
        ]
      : []),
  ];
}

const normWant = (key: string, stem: string, size: number): Want => ({
  key: `${key}.weight`,
  names: [`${stem}.weight`],
  shape: [size],
});

function activationIn(config: Config, { gemma, norms }: Family): Activation {
  if (!gemma) return activationOf(config.text('hidden_act', 'silu'));
  // Gemma's first files say "gelu" and mean the one by tanh; later ones have a key of their own.
  const key = norms === 'around' ? 'hidden_activation' : 'hidden_act';
  const name = config.text(key, 'gelu_pytorch_tanh');
  return activationOf(name === 'gelu' && key === 'hidden_act' ? 'gelu_pytorch_tanh' : name);
}

function capOf(config: Config, { caps }: Family, of: 'scores' | 'logits'): number | null {
  const key = of === 'scores' ? 'attn_logit_softcapping' : 'final_logit_softcapping';
  return caps ? config.positiveOrNone(key, caps[of]) : null;
}

/** Rotary steps of layers that see so much; rope_parameters may tell them apart, as Gemma 3 does. */
function rotaryIn(plan: Plan, sight: Sight): Rotary {
  const { config, family, limit, sizes } = plan;
  const { size } = sizes;
  const { theta = 1e4, slidingTheta, partial } = family;
  const whole = config.section(config.has('rope_scaling') ? 'rope_scaling' : 'rope_parameters');
  const nested = sights.some((each) => whole.has(each));
  const own = sight === 'sliding_attention' && slidingTheta !== undefined;
  const given = nested ? whole.section(sight) : own ? new Config({}) : whole;
  const share = given.positive(
    'partial_rotary_factor',
    config.positive('partial_rotary_factor', 1),
  );
  const turned = Math.floor(size * share);
  if (share !== 1 && (!partial || share > 1 || turned % 2 !== 0))
    throw unsupported(
      `${label}: config.json says partial_rotary_factor ${share}, which cannot be run with this family's heads of ${size}. Use a method that needs no data.`,
    );
  return rotaryOf(given, turned, {
    theta: own
      ? config.positive('rope_local_base_freq', slidingTheta)
      : config.positive('rope_theta', theta),
    positions: config.positive('max_position_embeddings', longest),
    trained: config.has('original_max_position_embeddings')
      ? config.positive('original_max_position_embeddings')
      : null,
    limit,
  });
}

/** Throws Unsupported where layers have tensors that the forward pass does not know. */
function checkUnread(finder: Finder, stem: string): void {
  const unread = finder
    .unread(stem)
    .filter((name) => !rotaryBuffers.some((buffer) => buffer.test(name)));
  if (unread.length === 0) return;
  throw unsupported(
    `${label}: the layers have tensors that are not known of this model_type, ${unread.slice(0, 4).join(', ')}${unread.length > 4 ? ` and ${unread.length - 4} more` : ''}. They can be merged by a method that needs no data.`,
  );
}
