import type { Architecture } from './architecture.ts';

export const t5: Architecture = {
  id: 't5',
  label: 'T5',
  modelTypes: ['t5', 'mt5'],
  signatures: [{ name: /(?:^|\.)encoder\.block\.0\.layer\.0\.SelfAttention\.q\.weight$/ }],
  prefixes: ['transformer.'],
  stacks: [
    { id: 'encoder', pattern: /(?:^|\.)encoder\.block\.(\d+)\.layer\.\d+\.(.+)$/ },
    { id: 'decoder', pattern: /(?:^|\.)decoder\.block\.(\d+)\.layer\.\d+\.(.+)$/ },
  ],
  blockRules: [
    ['LayerNorm', /^layer_norm\./],
    ['attention', /^(?:SelfAttention|EncDecAttention)\./],
    ['MLP', /^DenseReluDense\./],
  ],
  outerRules: [
    ['embeddings', /(?:^|\.)(?:shared|embed_tokens)\./],
    ['LayerNorm', /(?:^|\.)final_layer_norm\./],
    ['head', /(?:^|\.)(?:lm_head|classification_head|classifier)\./],
  ],
  buffers: [],
  tied: [
    { name: 'encoder.embed_tokens.weight', to: 'shared.weight' },
    { name: 'decoder.embed_tokens.weight', to: 'shared.weight' },
    { name: 'lm_head.weight', to: 'shared.weight' },
  ],
};
