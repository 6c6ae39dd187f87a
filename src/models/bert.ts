import type { Architecture, ComponentRule, Stack } from './architecture.ts';
import { buildBert, type BertKind } from './bertEncoder.ts';

/** Blocks of BERT as transformers names them; RoBERTa has the same. */
export const bertStacks: readonly Stack[] = [
  { id: 'encoder', pattern: /(?:^|\.)encoder\.layer\.(\d+)\.(.+)$/ },
];

export const bertBlockRules: readonly ComponentRule[] = [
  ['LayerNorm', /LayerNorm/],
  ['attention', /^attention\./],
  ['MLP', /^(?:intermediate|output)\./],
];

const kind: BertKind = {
  label: 'BERT',
  eps: 1e-12,
  countsTokens: false,
  maskedLm: {
    dense: 'cls.predictions.transform.dense',
    norm: 'cls.predictions.transform.LayerNorm',
    bias: ['cls.predictions.bias', 'cls.predictions.decoder.bias'],
    decoder: 'cls.predictions.decoder.weight',
  },
  classifier: { dense: 'pooler.dense', out: 'classifier' },
};

export const bert: Architecture = {
  id: 'bert',
  label: 'BERT',
  modelTypes: ['bert'],
  signatures: [
    { name: /(?:^|\.)bert\.encoder\.layer\.0\.attention\.self\.query\.weight$/ },
    { name: /^(?:module\.|model\.)*embeddings\.token_type_embeddings\.weight$/, rows: 2 },
  ],
  prefixes: ['bert.'],
  stacks: bertStacks,
  blockRules: bertBlockRules,
  outerRules: [
    ['embeddings', /(?:^|\.)embeddings\./],
    ['head', /(?:^|\.)(?:pooler|cls|classifier|qa_outputs)\./],
  ],
  buffers: [/(?:^|\.)embeddings\.(?:position_ids|token_type_ids)$/],
  tied: [
    { name: 'cls.predictions.decoder.weight', to: 'embeddings.word_embeddings.weight' },
    { name: 'cls.predictions.decoder.bias', to: 'cls.predictions.bias' },
  ],
  build: (tensors, config) => ({ text: buildBert(kind, tensors, config) }),
};
