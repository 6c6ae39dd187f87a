import type { Architecture } from './architecture.ts';
import { buildVit } from './vitTower.ts';

/** Vision transformers by the names of transformers and of timm. */
export const vit: Architecture = {
  id: 'vit',
  label: 'ViT',
  modelTypes: ['vit', 'deit'],
  signatures: [
    { name: /(?:^|\.)encoder\.layer\.0\.attention\.attention\.query\.weight$/ },
    { name: /(?:^|\.)blocks\.0\.attn\.qkv\.weight$/ },
  ],
  prefixes: ['vit.', 'deit.'],
  stacks: [{ id: 'encoder', pattern: /(?:^|\.)(?:encoder\.layer|blocks)\.(\d+)\.(.+)$/ }],
  blockRules: [
    ['LayerNorm', /^(?:layernorm_(?:before|after)|norm[12])\./],
    ['attention', /^(?:attention|attn)\./],
    ['MLP', /^(?:intermediate|output|mlp)\./],
  ],
  outerRules: [
    ['embeddings', /(?:^|\.)(?:embeddings\.|patch_embed\.|(?:cls|dist)_token$|pos_embed$)/],
    ['LayerNorm', /(?:^|\.)(?:layernorm|norm|fc_norm)\./],
    [
      'head',
      /(?:^|\.)(?:pooler|classifier|cls_classifier|distillation_classifier|head|head_dist)\./,
    ],
  ],
  buffers: [],
  tied: [],
  build: (tensors, config) => ({ images: buildVit(tensors, config) }),
};
