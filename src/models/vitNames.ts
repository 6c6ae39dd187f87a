import type { LayerNames } from './weights.ts';

/** Names of a ViT's tensors, without prefix; those of layers without .weight and .bias. */
export interface VitNames {
  cls: string;
  dist: string;
  places: string;
  patch: string;
  layers: string;
  layer: LayerNames;
  norm: string;
  pooler: string;
  /** Of the classifier, the first that is there. */
  out: readonly string[];
  eps: number;
}

const transformers: VitNames = {
  cls: 'embeddings.cls_token',
  dist: 'embeddings.distillation_token',
  places: 'embeddings.position_embeddings',
  patch: 'embeddings.patch_embeddings.projection',
  layers: 'encoder.layer.',
  layer: {
    norm1: 'layernorm_before',
    q: 'attention.attention.query',
    k: 'attention.attention.key',
    v: 'attention.attention.value',
    out: 'attention.output.dense',
    norm2: 'layernorm_after',
    up: 'intermediate.dense',
    down: 'output.dense',
  },
  norm: 'layernorm',
  pooler: 'pooler.dense',
  out: ['classifier', 'cls_classifier'],
  eps: 1e-12,
};

const timm: VitNames = {
  cls: 'cls_token',
  dist: 'dist_token',
  places: 'pos_embed',
  patch: 'patch_embed.proj',
  layers: 'blocks.',
  layer: {
    norm1: 'norm1',
    qkv: 'attn.qkv',
    out: 'attn.proj',
    norm2: 'norm2',
    up: 'mlp.fc1',
    down: 'mlp.fc2',
  },
  norm: 'norm',
  pooler: 'pre_logits.fc',
  out: ['head'],
  eps: 1e-6,
};

export const vitNames = { transformers, timm };
