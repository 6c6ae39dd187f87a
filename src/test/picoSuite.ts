import { mulberry32 } from '../data/random.ts';

// Models too small to know anything, their fine-tunes and data; for tests only.

const hidden = 16;
const words = 1000;
const positions = 66;

type Shapes = Record<string, number[]>;

/** A model without its values. */
export interface PicoModel {
  shapes: Shapes;
  config: object;
}

const linear = (name: string, out: number, inputs: number): Shapes => ({
  [`${name}.weight`]: [out, inputs],
  [`${name}.bias`]: [out],
});
const conv1d = (name: string, inputs: number, out: number): Shapes => ({
  [`${name}.weight`]: [inputs, out],
  [`${name}.bias`]: [out],
});
const norm = (name: string): Shapes => ({
  [`${name}.weight`]: [hidden],
  [`${name}.bias`]: [hidden],
});
const twice = (layer: (n: number) => Shapes): Shapes => ({ ...layer(0), ...layer(1) });

export const picoRoberta: PicoModel = {
  shapes: {
    'roberta.embeddings.word_embeddings.weight': [words, hidden],
    'roberta.embeddings.position_embeddings.weight': [positions, hidden],
    'roberta.embeddings.token_type_embeddings.weight': [1, hidden],
    ...norm('roberta.embeddings.LayerNorm'),
    ...twice((n) => {
      const at = `roberta.encoder.layer.${n}`;
      return {
        ...linear(`${at}.attention.self.query`, hidden, hidden),
        ...linear(`${at}.attention.self.key`, hidden, hidden),
        ...linear(`${at}.attention.self.value`, hidden, hidden),
        ...linear(`${at}.attention.output.dense`, hidden, hidden),
        ...norm(`${at}.attention.output.LayerNorm`),
        ...linear(`${at}.intermediate.dense`, 2 * hidden, hidden),
        ...linear(`${at}.output.dense`, hidden, 2 * hidden),
        ...norm(`${at}.output.LayerNorm`),
      };
    }),
    ...linear('lm_head.dense', hidden, hidden),
    ...norm('lm_head.layer_norm'),
    'lm_head.bias': [words],
  },
  config: {
    ...{ model_type: 'roberta', vocab_size: words, hidden_size: hidden, num_hidden_layers: 2 },
    ...{ num_attention_heads: 2, intermediate_size: 2 * hidden, type_vocab_size: 1 },
    ...{ max_position_embeddings: positions, pad_token_id: 1, layer_norm_eps: 1e-5 },
  },
};

export const picoGpt2: PicoModel = {
  shapes: {
    'wte.weight': [800, hidden],
    'wpe.weight': [32, hidden],
    ...twice((n) => ({
      ...norm(`h.${n}.ln_1`),
      ...conv1d(`h.${n}.attn.c_attn`, hidden, 3 * hidden),
      ...conv1d(`h.${n}.attn.c_proj`, hidden, hidden),
      ...norm(`h.${n}.ln_2`),
      ...conv1d(`h.${n}.mlp.c_fc`, hidden, 2 * hidden),
      ...conv1d(`h.${n}.mlp.c_proj`, 2 * hidden, hidden),
    })),
    ...norm('ln_f'),
  },
  config: { model_type: 'gpt2', n_head: 2, n_embd: hidden, n_layer: 2, vocab_size: 800 },
};

const matrix = (name: string, out: number, inputs: number): Shapes => ({
  [`${name}.weight`]: [out, inputs],
});

/** Two heads of queries to one of keys, and a head of its own. */
export const picoLlama: PicoModel = {
  shapes: {
    ...matrix('model.embed_tokens', 800, hidden),
    ...twice((n) => {
      const at = `model.layers.${n}`;
      return {
        [`${at}.input_layernorm.weight`]: [hidden],
        ...matrix(`${at}.self_attn.q_proj`, hidden, hidden),
        ...matrix(`${at}.self_attn.k_proj`, hidden / 2, hidden),
        ...matrix(`${at}.self_attn.v_proj`, hidden / 2, hidden),
        ...matrix(`${at}.self_attn.o_proj`, hidden, hidden),
        [`${at}.post_attention_layernorm.weight`]: [hidden],
        ...matrix(`${at}.mlp.gate_proj`, 2 * hidden, hidden),
        ...matrix(`${at}.mlp.up_proj`, 2 * hidden, hidden),
        ...matrix(`${at}.mlp.down_proj`, hidden, 2 * hidden),
      };
    }),
    'model.norm.weight': [hidden],
    ...matrix('lm_head', 800, hidden),
  },
  config: {
    ...{ model_type: 'llama', vocab_size: 800, hidden_size: hidden, num_hidden_layers: 2 },
    ...{ num_attention_heads: 2, num_key_value_heads: 1, intermediate_size: 2 * hidden },
    ...{ max_position_embeddings: 32, rms_norm_eps: 1e-5, tie_word_embeddings: false },
  },
};

function clipLayers(at: string): Shapes {
  return twice((n) => {
    const layer = `${at}.encoder.layers.${n}`;
    return {
      ...norm(`${layer}.layer_norm1`),
      ...linear(`${layer}.self_attn.q_proj`, hidden, hidden),
      ...linear(`${layer}.self_attn.k_proj`, hidden, hidden),
      ...linear(`${layer}.self_attn.v_proj`, hidden, hidden),
      ...linear(`${layer}.self_attn.out_proj`, hidden, hidden),
      ...norm(`${layer}.layer_norm2`),
      ...linear(`${layer}.mlp.fc1`, 2 * hidden, hidden),
      ...linear(`${layer}.mlp.fc2`, hidden, 2 * hidden),
    };
  });
}

/** Of images of 32 pixels in four patches. */
export const picoClip: PicoModel = {
  shapes: {
    logit_scale: [],
    'vision_model.embeddings.class_embedding': [hidden],
    'vision_model.embeddings.patch_embedding.weight': [hidden, 3, 16, 16],
    'vision_model.embeddings.position_embedding.weight': [5, hidden],
    ...norm('vision_model.pre_layrnorm'),
    ...clipLayers('vision_model'),
    ...norm('vision_model.post_layernorm'),
    'visual_projection.weight': [8, hidden],
    'text_model.embeddings.token_embedding.weight': [1072, hidden],
    'text_model.embeddings.position_embedding.weight': [16, hidden],
    ...clipLayers('text_model'),
    ...norm('text_model.final_layer_norm'),
    'text_projection.weight': [8, hidden],
  },
  config: {
    model_type: 'clip',
    vision_config: { num_attention_heads: 2, image_size: 32, patch_size: 16 },
    text_config: { num_attention_heads: 2 },
  },
};

/**
 * A checkpoint's folder as files; `seed` 0 is the base, others differ from it by small steps. `fill` sets the values of
 * some tensors.
 */
export function picoFolder(
  name: string,
  seed: number,
  tokenizer: string,
  { shapes, config }: PicoModel = picoRoberta,
  fill: Record<string, number> = {},
): { path: string; file: File }[] {
  const [base, step] = [mulberry32(1), mulberry32(seed)];
  const header: Record<string, object> = { __metadata__: { format: 'pt' } };
  const values: number[] = [];
  for (const [tensor, shape] of Object.entries(shapes)) {
    const start = values.length;
    const size = shape.reduce((a, b) => a * b, 1);
    const centre = /(?:orm\d?|ln_\w)\.weight$/.test(tensor) ? 1 : 0;
    for (let i = 0; i < size; i++) {
      const change = seed === 0 ? 0 : (step() - 0.5) ** 3 * 0.8;
      values.push(fill[tensor] ?? centre + (base() - 0.5) * 0.5 + change);
    }
    const offsets = [4 * start, 4 * values.length];
    header[tensor] = { dtype: 'F32', shape, data_offsets: offsets };
  }
  let text = JSON.stringify(header);
  text += ' '.repeat(-(text.length + 8) & 7);
  const length = new BigUint64Array([BigInt(text.length)]);
  const files: [string, BlobPart[]][] = [
    ['model.safetensors', [length, text, Float32Array.from(values)]],
    ['config.json', [JSON.stringify(config)]],
    ['tokenizer.json', [tokenizer]],
  ];
  return files.map(([file, parts]) => ({ path: `${name}/${file}`, file: new File(parts, file) }));
}

/** JSONL of texts of two classes, told by their words. */
export function picoData(name: string, rows: number, seed: number): { path: string; file: File }[] {
  const random = mulberry32(seed);
  const pick = (from: string[]) => from[Math.floor(random() * from.length)]!;
  const lines = Array.from({ length: rows }, (_, i) => {
    const label = i % 2;
    const text = Array.from({ length: 3 + Math.floor(random() * 5) }, () =>
      pick(label ? ['the', 'a', 'good'] : ['of', 'in', 'bad']),
    ).join(' ');
    return JSON.stringify({ text, label });
  });
  return [{ path: name, file: new File([`${lines.join('\n')}\n`], name) }];
}
