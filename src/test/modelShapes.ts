import type { DType } from '../tensor/dtype.ts';
import { dtypeBits } from '../tensor/dtype.ts';
import type { TensorIndex, TensorInfo } from '../tensor/tensorIndex.ts';

/** Shapes by tensor name, in file order. */
export type Shapes = Record<string, readonly number[]>;

const linear = (name: string, outputs: number, inputs: number): Shapes => ({
  [`${name}.weight`]: [outputs, inputs],
  [`${name}.bias`]: [outputs],
});
const norm = (name: string, size: number): Shapes => ({
  [`${name}.weight`]: [size],
  [`${name}.bias`]: [size],
});
const repeat = (count: number, layer: (number: number) => Shapes): Shapes =>
  Object.assign({}, ...Array.from({ length: count }, (_, number) => layer(number)));

/** Puts a prefix before every name. */
export function prefixed(prefix: string, shapes: Shapes): Shapes {
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [prefix + name, shape]));
}

function bertLike(layers: number, words: number, positions: number, types: number): Shapes {
  return {
    'embeddings.word_embeddings.weight': [words, 768],
    'embeddings.position_embeddings.weight': [positions, 768],
    'embeddings.token_type_embeddings.weight': [types, 768],
    ...norm('embeddings.LayerNorm', 768),
    ...repeat(layers, (n) => ({
      ...linear(`encoder.layer.${n}.attention.self.query`, 768, 768),
      ...linear(`encoder.layer.${n}.attention.self.key`, 768, 768),
      ...linear(`encoder.layer.${n}.attention.self.value`, 768, 768),
      ...linear(`encoder.layer.${n}.attention.output.dense`, 768, 768),
      ...norm(`encoder.layer.${n}.attention.output.LayerNorm`, 768),
      ...linear(`encoder.layer.${n}.intermediate.dense`, 3072, 768),
      ...linear(`encoder.layer.${n}.output.dense`, 768, 3072),
      ...norm(`encoder.layer.${n}.output.LayerNorm`, 768),
    })),
  };
}

/** roberta-base without pooler and heads. */
export const robertaBackbone = (layers = 12): Shapes => bertLike(layers, 50265, 514, 1);

/** roberta-base as pretrained, with the head's decoder stored though it is tied. */
export const robertaBase = (): Shapes => ({
  ...prefixed('roberta.', robertaBackbone()),
  'lm_head.bias': [50265],
  ...linear('lm_head.dense', 768, 768),
  ...norm('lm_head.layer_norm', 768),
  ...linear('lm_head.decoder', 50265, 768),
});

/** roberta-base fine-tuned to tell `labels` classes. */
export const robertaClassifier = (labels: number): Shapes => ({
  ...prefixed('roberta.', robertaBackbone()),
  ...linear('classifier.dense', 768, 768),
  ...linear('classifier.out_proj', labels, 768),
});

/** bert-base-uncased without heads. */
export const bertBackbone = (): Shapes => ({
  ...bertLike(12, 30522, 512, 2),
  ...linear('pooler.dense', 768, 768),
});

/** gpt2 as on its hub page: no prefix, causal masks stored, head tied and absent. */
export const gpt2Backbone = (masks = true): Shapes => ({
  'wte.weight': [50257, 768],
  'wpe.weight': [1024, 768],
  ...repeat(12, (n) => ({
    ...norm(`h.${n}.ln_1`, 768),
    ...(masks ? { [`h.${n}.attn.bias`]: [1, 1, 1024, 1024] } : {}),
    [`h.${n}.attn.c_attn.weight`]: [768, 2304],
    [`h.${n}.attn.c_attn.bias`]: [2304],
    [`h.${n}.attn.c_proj.weight`]: [768, 768],
    [`h.${n}.attn.c_proj.bias`]: [768],
    ...norm(`h.${n}.ln_2`, 768),
    [`h.${n}.mlp.c_fc.weight`]: [768, 3072],
    [`h.${n}.mlp.c_fc.bias`]: [3072],
    [`h.${n}.mlp.c_proj.weight`]: [3072, 768],
    [`h.${n}.mlp.c_proj.bias`]: [768],
  })),
  ...norm('ln_f', 768),
});

function clipTower(path: string, size: number): Shapes {
  return repeat(12, (n) => ({
    ...linear(`${path}.${n}.self_attn.k_proj`, size, size),
    ...linear(`${path}.${n}.self_attn.v_proj`, size, size),
    ...linear(`${path}.${n}.self_attn.q_proj`, size, size),
    ...linear(`${path}.${n}.self_attn.out_proj`, size, size),
    ...norm(`${path}.${n}.layer_norm1`, size),
    ...linear(`${path}.${n}.mlp.fc1`, 4 * size, size),
    ...linear(`${path}.${n}.mlp.fc2`, size, 4 * size),
    ...norm(`${path}.${n}.layer_norm2`, size),
  }));
}

/** CLIP ViT-B/32 as transformers names it. */
export const clipTransformers = (): Shapes => ({
  logit_scale: [],
  'text_model.embeddings.token_embedding.weight': [49408, 512],
  'text_model.embeddings.position_embedding.weight': [77, 512],
  ...clipTower('text_model.encoder.layers', 512),
  ...norm('text_model.final_layer_norm', 512),
  'vision_model.embeddings.class_embedding': [768],
  'vision_model.embeddings.patch_embedding.weight': [768, 3, 32, 32],
  'vision_model.embeddings.position_embedding.weight': [50, 768],
  ...norm('vision_model.pre_layrnorm', 768),
  ...clipTower('vision_model.encoder.layers', 768),
  ...norm('vision_model.post_layernorm', 768),
  'visual_projection.weight': [512, 768],
  'text_projection.weight': [512, 512],
});

function resblocks(path: string, size: number): Shapes {
  return repeat(12, (n) => ({
    ...norm(`${path}.${n}.ln_1`, size),
    [`${path}.${n}.attn.in_proj_weight`]: [3 * size, size],
    [`${path}.${n}.attn.in_proj_bias`]: [3 * size],
    ...linear(`${path}.${n}.attn.out_proj`, size, size),
    ...norm(`${path}.${n}.ln_2`, size),
    ...linear(`${path}.${n}.mlp.c_fc`, 4 * size, size),
    ...linear(`${path}.${n}.mlp.c_proj`, size, 4 * size),
  }));
}

/** CLIP ViT-B/32 as open_clip names it. */
export const clipOpen = (): Shapes => ({
  positional_embedding: [77, 512],
  text_projection: [512, 512],
  logit_scale: [],
  'visual.class_embedding': [768],
  'visual.positional_embedding': [50, 768],
  'visual.proj': [768, 512],
  'visual.conv1.weight': [768, 3, 32, 32],
  ...norm('visual.ln_pre', 768),
  ...resblocks('visual.transformer.resblocks', 768),
  ...norm('visual.ln_post', 768),
  ...resblocks('transformer.resblocks', 512),
  'token_embedding.weight': [49408, 512],
  ...norm('ln_final', 512),
});

/** google/vit-base-patch16-224 by transformers, with its head. */
export const vitBase = (): Shapes => ({
  'vit.embeddings.cls_token': [1, 1, 768],
  'vit.embeddings.position_embeddings': [1, 197, 768],
  'vit.embeddings.patch_embeddings.projection.weight': [768, 3, 16, 16],
  'vit.embeddings.patch_embeddings.projection.bias': [768],
  ...repeat(12, (n) => ({
    ...linear(`vit.encoder.layer.${n}.attention.attention.query`, 768, 768),
    ...linear(`vit.encoder.layer.${n}.attention.attention.key`, 768, 768),
    ...linear(`vit.encoder.layer.${n}.attention.attention.value`, 768, 768),
    ...linear(`vit.encoder.layer.${n}.attention.output.dense`, 768, 768),
    ...linear(`vit.encoder.layer.${n}.intermediate.dense`, 3072, 768),
    ...linear(`vit.encoder.layer.${n}.output.dense`, 768, 3072),
    ...norm(`vit.encoder.layer.${n}.layernorm_before`, 768),
    ...norm(`vit.encoder.layer.${n}.layernorm_after`, 768),
  })),
  ...norm('vit.layernorm', 768),
  ...linear('classifier', 1000, 768),
});

/** ViT-B/16 by timm. */
export const vitTimm = (): Shapes => ({
  cls_token: [1, 1, 768],
  pos_embed: [1, 197, 768],
  'patch_embed.proj.weight': [768, 3, 16, 16],
  'patch_embed.proj.bias': [768],
  ...repeat(12, (n) => ({
    ...norm(`blocks.${n}.norm1`, 768),
    ...linear(`blocks.${n}.attn.qkv`, 2304, 768),
    ...linear(`blocks.${n}.attn.proj`, 768, 768),
    ...norm(`blocks.${n}.norm2`, 768),
    ...linear(`blocks.${n}.mlp.fc1`, 3072, 768),
    ...linear(`blocks.${n}.mlp.fc2`, 768, 3072),
  })),
  ...norm('norm', 768),
  ...linear('head', 1000, 768),
});

/** A Llama of two layers. */
export const llamaSmall = (): Shapes => ({
  'model.embed_tokens.weight': [320, 64],
  ...repeat(2, (n) => ({
    [`model.layers.${n}.self_attn.q_proj.weight`]: [64, 64],
    [`model.layers.${n}.self_attn.k_proj.weight`]: [16, 64],
    [`model.layers.${n}.self_attn.v_proj.weight`]: [16, 64],
    [`model.layers.${n}.self_attn.o_proj.weight`]: [64, 64],
    [`model.layers.${n}.self_attn.rotary_emb.inv_freq`]: [8],
    [`model.layers.${n}.mlp.gate_proj.weight`]: [172, 64],
    [`model.layers.${n}.mlp.up_proj.weight`]: [172, 64],
    [`model.layers.${n}.mlp.down_proj.weight`]: [64, 172],
    [`model.layers.${n}.input_layernorm.weight`]: [64],
    [`model.layers.${n}.post_attention_layernorm.weight`]: [64],
  })),
  'model.norm.weight': [64],
  'lm_head.weight': [320, 64],
});

/** A T5 of two and two layers. */
export const t5Small = (): Shapes => {
  const attention = (path: string, kind: string): Shapes => ({
    ...Object.assign(
      {},
      ...[...'qkvo'].map((p) => ({ [`${path}.${kind}.${p}.weight`]: [64, 64] })),
    ),
    [`${path}.layer_norm.weight`]: [64],
  });
  const mlp = (path: string): Shapes => ({
    [`${path}.DenseReluDense.wi.weight`]: [256, 64],
    [`${path}.DenseReluDense.wo.weight`]: [64, 256],
    [`${path}.layer_norm.weight`]: [64],
  });
  return {
    'shared.weight': [320, 64],
    'encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight': [32, 4],
    ...repeat(2, (n) => ({
      ...attention(`encoder.block.${n}.layer.0`, 'SelfAttention'),
      ...mlp(`encoder.block.${n}.layer.1`),
    })),
    'encoder.final_layer_norm.weight': [64],
    ...repeat(2, (n) => ({
      ...attention(`decoder.block.${n}.layer.0`, 'SelfAttention'),
      ...attention(`decoder.block.${n}.layer.1`, 'EncDecAttention'),
      ...mlp(`decoder.block.${n}.layer.2`),
    })),
    'decoder.final_layer_norm.weight': [64],
  };
};

/** A tensor index of one file with tensors of these shapes. */
export function indexOf(shapes: Shapes, dtype: DType = 'F32'): TensorIndex {
  let end = 0;
  const tensors = Object.entries(shapes).map(([name, shape]): TensorInfo => {
    const start = end;
    end += (shape.reduce((a, b) => a * b, 1) * dtypeBits[dtype]) / 8;
    return { name, dtype, shape, file: 0, start, end };
  });
  return { files: [{ name: 'model.safetensors', bytes: end }], tensors, metadata: {} };
}
