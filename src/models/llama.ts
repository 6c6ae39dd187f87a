import type { Architecture } from './architecture.ts';

/** Decoders built like Llama: the same names, other sizes. */
export const llama: Architecture = {
  id: 'llama',
  label: 'Llama family',
  modelTypes: [
    'llama',
    'mistral',
    'qwen2',
    'qwen3',
    'gemma',
    'gemma2',
    'gemma3_text',
    'phi3',
    'olmo2',
    'smollm3',
  ],
  signatures: [
    { name: /(?:^|\.)layers\.0\.mlp\.gate_proj\.weight$/ },
    { name: /(?:^|\.)layers\.0\.mlp\.gate_up_proj\.weight$/ },
  ],
  prefixes: ['model.', 'language_model.'],
  stacks: [{ id: 'decoder', pattern: /(?:^|\.)layers\.(\d+)\.(.+)$/ }],
  blockRules: [
    ['LayerNorm', /(?:layernorm|norm)\./],
    ['attention', /^self_attn\./],
    ['MLP', /^mlp\./],
  ],
  outerRules: [
    ['embeddings', /(?:^|\.)embed_tokens\./],
    ['LayerNorm', /(?:^|\.)norm\./],
    ['head', /(?:^|\.)(?:lm_head|score)\./],
  ],
  buffers: [/(?:^|\.)rotary_emb\.inv_freq$/],
  tied: [{ name: 'lm_head.weight', to: 'embed_tokens.weight' }],
};
