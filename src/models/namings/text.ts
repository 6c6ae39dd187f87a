import { layerRenames, type Naming } from './naming.ts';

const robertaLayer = {
  q: 'attention.self.query',
  k: 'attention.self.key',
  v: 'attention.self.value',
  out: 'attention.output.dense',
  norm1: 'attention.output.LayerNorm',
  up: 'intermediate.dense',
  down: 'output.dense',
  norm2: 'output.LayerNorm',
};

const fairseqLayer = {
  q: 'self_attn.q_proj',
  k: 'self_attn.k_proj',
  v: 'self_attn.v_proj',
  out: 'self_attn.out_proj',
  norm1: 'self_attn_layer_norm',
  up: 'fc1',
  down: 'fc2',
  norm2: 'final_layer_norm',
};

/** GPT-2 with Linear layers, as nanoGPT and minGPT have it, for transformers' Conv1D, which has rows for columns. */
const linearGpt2: Naming = {
  by: 'nanoGPT',
  anchor: 'h.0.attn.c_attn.weight',
  tall: true,
  renames: ['attn.c_attn', 'attn.c_proj', 'mlp.c_fc', 'mlp.c_proj'].map(
    (layer) => [`h.#.${layer}.weight`, `h.#.${layer}.weight`, 'turned'] as const,
  ),
};

/** RoBERTa by fairseq; its encoder was called decoder first, and its queries, keys and values were one. */
const fairseqRoberta = ['encoder', 'decoder'].map((root): Naming => {
  const at = `${root}.sentence_encoder`;
  return {
    by: 'fairseq',
    anchor: `${at}.embed_tokens.weight`,
    renames: [
      [`${at}.embed_tokens.*`, 'roberta.embeddings.word_embeddings.*'],
      [`${at}.embed_positions.*`, 'roberta.embeddings.position_embeddings.*'],
      [`${at}.emb_layer_norm.*`, 'roberta.embeddings.LayerNorm.*'],
      [`${at}.layernorm_embedding.*`, 'roberta.embeddings.LayerNorm.*'],
      ...layerRenames(
        `${at}.layers.`,
        { ...fairseqLayer, qkv: 'self_attn.in_proj_' },
        'roberta.encoder.layer.',
        robertaLayer,
      ),
      [`${root}.lm_head.weight`, 'lm_head.decoder.weight'],
      [`${root}.lm_head.bias`, 'lm_head.bias'],
      [`${root}.lm_head.**`, 'lm_head.**'],
      ['classification_heads.*.**', 'classifier.**'],
    ],
  };
});

const llamaLayer = {
  'attention.wq': 'self_attn.q_proj',
  'attention.wk': 'self_attn.k_proj',
  'attention.wv': 'self_attn.v_proj',
  'attention.wo': 'self_attn.o_proj',
  'feed_forward.w1': 'mlp.gate_proj',
  'feed_forward.w2': 'mlp.down_proj',
  'feed_forward.w3': 'mlp.up_proj',
  attention_norm: 'input_layernorm',
  ffn_norm: 'post_attention_layernorm',
};

/** Llama by Meta, in its consolidated files, which Mistral's have too. */
const metaLlama: Naming = {
  by: 'Meta',
  anchor: 'layers.0.attention.wq.weight',
  renames: [
    ['tok_embeddings.*', 'model.embed_tokens.*'],
    ...Object.entries(llamaLayer).map(
      ([name, own]) => [`layers.#.${name}.*`, `model.layers.#.${own}.*`] as const,
    ),
    ['norm.*', 'model.norm.*'],
    ['output.*', 'lm_head.*'],
  ],
  unlike:
    "the rows of its queries and keys lie in another order than those of transformers. Convert it first with transformers' convert_llama_weights_to_hf.py, or use the model's Hugging Face version.",
};

/** Decoders of Llama's kind that join layers with the same inputs, as Phi-3 does. */
const fusedLlama: Naming = {
  by: 'Phi-3',
  anchor: 'layers.0.self_attn.qkv_proj.weight',
  renames: [
    [
      'layers.#.self_attn.qkv_proj.*',
      ['q', 'k', 'v'].map((part) => `layers.#.self_attn.${part}_proj.*`),
    ],
    ['layers.#.mlp.gate_up_proj.*', ['gate', 'up'].map((part) => `layers.#.mlp.${part}_proj.*`)],
  ],
};

/** GPT-NeoX as transformers saves it, for what its version 5 has in memory. */
const neoxHead: Naming = {
  by: 'GPT-NeoX',
  anchor: 'embed_out.weight',
  renames: [['embed_out.*', 'lm_head.*']],
};

export const textNamings: readonly Naming[] = [
  linearGpt2,
  ...fairseqRoberta,
  metaLlama,
  fusedLlama,
  neoxHead,
];
