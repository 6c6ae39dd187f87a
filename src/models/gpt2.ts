import type { Architecture } from './architecture.ts';
import { buildGpt2 } from './gpt2Tower.ts';

export const gpt2: Architecture = {
  id: 'gpt2',
  label: 'GPT-2',
  modelTypes: ['gpt2'],
  signatures: [{ name: /(?:^|\.)h\.0\.attn\.c_attn\.weight$/ }],
  prefixes: ['transformer.'],
  stacks: [{ id: 'decoder', pattern: /(?:^|\.)h\.(\d+)\.(.+)$/ }],
  blockRules: [
    ['LayerNorm', /^ln_(?:1|2|cross_attn)\./],
    ['attention', /^(?:attn|crossattention)\./],
    ['MLP', /^mlp\./],
  ],
  outerRules: [
    ['embeddings', /(?:^|\.)(?:wte|wpe)\./],
    ['LayerNorm', /(?:^|\.)ln_f\./],
    ['head', /(?:^|\.)(?:lm_head|score|classifier|multiple_choice_head)\./],
  ],
  buffers: [/(?:^|\.)h\.\d+\.(?:attn|crossattention)\.(?:masked_)?bias$/],
  tied: [{ name: 'lm_head.weight', to: 'wte.weight' }],
  build: (tensors, config) => ({ text: buildGpt2(tensors, config) }),
};
