import type { Architecture } from './architecture.ts';
import { families, rotaryBuffers } from './llamaFamilies.ts';
import { buildLlama } from './llamaTower.ts';

/** Decoders built like Llama: the same names, other sizes. */
export const llama: Architecture = {
  id: 'llama',
  label: 'Llama family',
  modelTypes: Object.keys(families),
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
  buffers: rotaryBuffers,
  tied: [{ name: 'lm_head.weight', to: 'embed_tokens.weight' }],
  build: (tensors, config) => ({ text: buildLlama(tensors, config) }),
};
