import type { Architecture } from './architecture.ts';
import { bertBlockRules, bertStacks } from './bert.ts';
import { buildBert, type BertKind } from './bertEncoder.ts';

const kind: BertKind = {
  label: 'RoBERTa',
  eps: 1e-5,
  countsTokens: true,
  maskedLm: {
    dense: 'lm_head.dense',
    norm: 'lm_head.layer_norm',
    bias: ['lm_head.bias', 'lm_head.decoder.bias'],
    decoder: 'lm_head.decoder.weight',
    activation: 'gelu',
  },
  classifier: { dense: 'classifier.dense', out: 'classifier.out_proj' },
};

export const roberta: Architecture = {
  id: 'roberta',
  label: 'RoBERTa',
  modelTypes: ['roberta', 'xlm-roberta', 'camembert'],
  signatures: [
    { name: /(?:^|\.)roberta\.encoder\.layer\.0\.attention\.self\.query\.weight$/ },
    { name: /^(?:module\.|model\.)*embeddings\.token_type_embeddings\.weight$/, rows: 1 },
  ],
  prefixes: ['roberta.'],
  stacks: bertStacks,
  blockRules: bertBlockRules,
  outerRules: [
    ['embeddings', /(?:^|\.)embeddings\./],
    ['head', /(?:^|\.)(?:pooler|lm_head|classifier|qa_outputs)\./],
  ],
  buffers: [/(?:^|\.)embeddings\.(?:position_ids|token_type_ids)$/],
  tied: [
    { name: 'lm_head.decoder.weight', to: 'embeddings.word_embeddings.weight' },
    { name: 'lm_head.decoder.bias', to: 'lm_head.bias' },
  ],
  build: (tensors, config) => ({ text: buildBert(kind, tensors, config) }),
};
