import type { Config } from './config.ts';

/** What a layer's tokens see: all before them, or those of a window. */
export const sights = ['full_attention', 'sliding_attention'] as const;
export type Sight = (typeof sights)[number];

/** What sets a family apart from Llama, where neither its tensors nor config.json say so; by the classes of transformers. */
export interface Family {
  /** Where a layer's norms stand: before attention and MLP, unless after them or on both sides. */
  norms?: 'after' | 'around';
  /** Queries and keys are normalised: each head by itself, or all at once. */
  queryNorm?: 'heads' | 'whole';
  /** Norms scale by 1 + weight, embeddings by √d, and GELU is by tanh. */
  gemma?: true;
  /** Layers that have biases whatever config.json says. */
  biases?: readonly string[];
  /** The head is the embedding where config.json does not say. */
  tied?: true;
  /** Scores are scaled by 1/√query_pre_attn_scalar. */
  scalar?: number;
  /** Caps of scores and logits where config.json does not say. */
  caps?: { scores: number | null; logits: number | null };
  /** Tokens that a layer with a window sees, null for all. */
  window?(config: Config): number | null;
  /** Whether a layer has a window, where config.json has no layer_types. */
  slides?(layer: number, config: Config): boolean;
  /** layer_types do not count. */
  untyped?: true;
  /** Base of the rotary steps where config.json does not say, and of layers with a window where that is another. */
  theta?: number;
  slidingTheta?: number;
  /** Positions may turn a part of each head alone. */
  partial?: true;
  /** Whether a layer has no positions. */
  unplaced?(layer: number, layers: number, config: Config): boolean;
}

const slidingWindow = (fallback: number | null) => (config: Config) =>
  config.positiveOrNone('sliding_window', fallback);

const gemma: Family = { gemma: true, tied: true };

const gemma2: Family = {
  ...gemma,
  norms: 'around',
  scalar: 256,
  caps: { scores: 50, logits: 30 },
  window: slidingWindow(4096),
  slides: (layer) => layer % 2 === 0,
};

const qwen: Family = {
  window: (config) =>
    config.flag('use_sliding_window', false) ? slidingWindow(4096)(config) : null,
  slides: (layer, config) => layer >= config.number(['max_window_layers'], 28),
};

const everywhere = { slides: () => true, untyped: true } as const;

/** No positions where no_rope_layers has a 0, else in every so manieth layer. */
function unplaced(layer: number, layers: number, config: Config): boolean {
  const given = config.perLayer('no_rope_layers', layers, [0, 1]);
  if (given) return given[layer] === 0;
  return (layer + 1) % config.positive('no_rope_layer_interval', 4) === 0;
}

/** By model_type. */
export const families: Readonly<Record<string, Family>> = {
  llama: {},
  mistral: { ...everywhere, window: slidingWindow(4096) },
  qwen2: { ...qwen, biases: ['q', 'k', 'v'] },
  qwen3: { ...qwen, queryNorm: 'heads' },
  gemma,
  gemma2,
  gemma3_text: {
    ...gemma2,
    queryNorm: 'heads',
    caps: { scores: null, logits: null },
    slides: (layer, config) => (layer + 1) % config.positive('sliding_window_pattern', 6) !== 0,
    theta: 1e6,
    slidingTheta: 1e4,
  },
  phi3: { ...everywhere, window: slidingWindow(null), partial: true },
  olmo2: { norms: 'after', queryNorm: 'whole' },
  smollm3: {
    tied: true,
    theta: 2e6,
    window: slidingWindow(null),
    slides: (layer, config) =>
      config.flag('use_sliding_window', false) &&
      unplaced(layer, config.positive('num_hidden_layers'), config),
    unplaced,
  },
};

/** Constants that older files have. */
export const rotaryBuffers = [/(?:^|\.)rotary_emb\.inv_freq$/];
