/**
 * @typedef {{ name: string, shape: number[] }} Shape
 * @typedef {{ config: Record<string, unknown>, tensors: Shape[] }} ModelShape
 */

/**
 * A RoBERTa with its language-model head, named and ordered as in Hugging Face's file of roberta-base.
 * @param {{ layers: number, hidden: number, inner: number, vocabulary: number, positions: number, heads: number }} size
 * @returns {ModelShape}
 */
export function roberta({ layers, hidden, inner, vocabulary, positions, heads }) {
  const dense = (
    /** @type {string} */ name,
    /** @type {number} */ out,
    /** @type {number} */ into,
  ) => [
    { name: `${name}.weight`, shape: [out, into] },
    { name: `${name}.bias`, shape: [out] },
  ];
  const norm = (/** @type {string} */ name) => [
    { name: `${name}.weight`, shape: [hidden] },
    { name: `${name}.bias`, shape: [hidden] },
  ];
  const layer = (/** @type {number} */ i) => {
    const at = `roberta.encoder.layer.${i}`;
    return [
      ...['query', 'key', 'value'].flatMap((part) =>
        dense(`${at}.attention.self.${part}`, hidden, hidden),
      ),
      ...dense(`${at}.attention.output.dense`, hidden, hidden),
      ...norm(`${at}.attention.output.LayerNorm`),
      ...dense(`${at}.intermediate.dense`, inner, hidden),
      ...dense(`${at}.output.dense`, hidden, inner),
      ...norm(`${at}.output.LayerNorm`),
    ];
  };
  const tensors = [
    { name: 'roberta.embeddings.word_embeddings.weight', shape: [vocabulary, hidden] },
    { name: 'roberta.embeddings.position_embeddings.weight', shape: [positions, hidden] },
    { name: 'roberta.embeddings.token_type_embeddings.weight', shape: [1, hidden] },
    ...norm('roberta.embeddings.LayerNorm'),
    ...Array.from({ length: layers }, (_, i) => layer(i)).flat(),
    { name: 'lm_head.bias', shape: [vocabulary] },
    ...dense('lm_head.dense', hidden, hidden),
    ...norm('lm_head.layer_norm'),
  ];
  const config = {
    architectures: ['RobertaForMaskedLM'],
    model_type: 'roberta',
    hidden_act: 'gelu',
    hidden_size: hidden,
    intermediate_size: inner,
    layer_norm_eps: 1e-5,
    max_position_embeddings: positions,
    num_attention_heads: heads,
    num_hidden_layers: layers,
    type_vocab_size: 1,
    vocab_size: vocabulary,
  };
  return { config, tensors: sortByName(tensors) };
}

/**
 * GPT-2, named as in Hugging Face's file of gpt2; matrices are [in, out], and each layer has its causal mask as a buffer.
 * @param {{ layers: number, hidden: number, vocabulary: number, positions: number, heads: number }} size
 * @returns {ModelShape}
 */
export function gpt2({ layers, hidden, vocabulary, positions, heads }) {
  const dense = (
    /** @type {string} */ name,
    /** @type {number} */ into,
    /** @type {number} */ out,
  ) => [
    { name: `${name}.weight`, shape: [into, out] },
    { name: `${name}.bias`, shape: [out] },
  ];
  const norm = (/** @type {string} */ name) => [
    { name: `${name}.weight`, shape: [hidden] },
    { name: `${name}.bias`, shape: [hidden] },
  ];
  const tensors = [
    { name: 'wte.weight', shape: [vocabulary, hidden] },
    { name: 'wpe.weight', shape: [positions, hidden] },
    ...norm('ln_f'),
    ...Array.from({ length: layers }, (_, i) => [
      ...norm(`h.${i}.ln_1`),
      { name: `h.${i}.attn.bias`, shape: [1, 1, positions, positions] },
      ...dense(`h.${i}.attn.c_attn`, hidden, 3 * hidden),
      ...dense(`h.${i}.attn.c_proj`, hidden, hidden),
      ...norm(`h.${i}.ln_2`),
      ...dense(`h.${i}.mlp.c_fc`, hidden, 4 * hidden),
      ...dense(`h.${i}.mlp.c_proj`, 4 * hidden, hidden),
    ]).flat(),
  ];
  const config = {
    architectures: ['GPT2LMHeadModel'],
    model_type: 'gpt2',
    activation_function: 'gelu_new',
    layer_norm_epsilon: 1e-5,
    n_embd: hidden,
    n_head: heads,
    n_layer: layers,
    n_positions: positions,
    vocab_size: vocabulary,
  };
  return { config, tensors: sortByName(tensors) };
}

/**
 * A decoder of Llama's kind with a tied head, named as in Hugging Face's file of Qwen2.
 * @param {{ layers: number, hidden: number, inner: number, vocabulary: number, positions: number, heads: number, keyHeads: number }} size
 * @returns {ModelShape}
 */
export function qwen2({ layers, hidden, inner, vocabulary, positions, heads, keyHeads }) {
  const keyWidth = (hidden / heads) * keyHeads;
  const tensors = [
    { name: 'model.embed_tokens.weight', shape: [vocabulary, hidden] },
    { name: 'model.norm.weight', shape: [hidden] },
    ...Array.from({ length: layers }, (_, i) => {
      const at = `model.layers.${i}`;
      return [
        ...['input_layernorm', 'post_attention_layernorm'].map((norm) => ({
          ...{ name: `${at}.${norm}.weight`, shape: [hidden] },
        })),
        ...Object.entries({ q: hidden, k: keyWidth, v: keyWidth }).flatMap(([part, out]) => [
          { name: `${at}.self_attn.${part}_proj.weight`, shape: [out, hidden] },
          { name: `${at}.self_attn.${part}_proj.bias`, shape: [out] },
        ]),
        { name: `${at}.self_attn.o_proj.weight`, shape: [hidden, hidden] },
        { name: `${at}.mlp.gate_proj.weight`, shape: [inner, hidden] },
        { name: `${at}.mlp.up_proj.weight`, shape: [inner, hidden] },
        { name: `${at}.mlp.down_proj.weight`, shape: [hidden, inner] },
      ];
    }).flat(),
  ];
  const config = {
    architectures: ['Qwen2ForCausalLM'],
    model_type: 'qwen2',
    hidden_act: 'silu',
    hidden_size: hidden,
    intermediate_size: inner,
    max_position_embeddings: positions,
    num_attention_heads: heads,
    num_hidden_layers: layers,
    num_key_value_heads: keyHeads,
    rms_norm_eps: 1e-6,
    rope_theta: 1e6,
    tie_word_embeddings: true,
    vocab_size: vocabulary,
  };
  return { config, tensors: sortByName(tensors) };
}

/** @param {Shape[]} tensors */
function sortByName(tensors) {
  return tensors.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @param {{ shape: number[] }} tensor */
export function countElements({ shape }) {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * Header of a safetensors file whose tensors, all of one dtype, follow in the order given.
 * @param {Shape[]} tensors
 * @param {'F32' | 'F16' | 'BF16'} dtype
 */
export function safetensorsHeader(tensors, dtype) {
  const bytes = dtype === 'F32' ? 4 : 2;
  let end = 0;
  const entries = tensors.map((tensor) => {
    const start = end;
    end += countElements(tensor) * bytes;
    return [tensor.name, { dtype, shape: tensor.shape, data_offsets: [start, end] }];
  });
  const json = JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) });
  const header = Buffer.alloc(8 + Math.ceil(Buffer.byteLength(json) / 8) * 8, ' ');
  header.writeBigUInt64LE(BigInt(header.length - 8));
  header.write(json, 8);
  return header;
}
