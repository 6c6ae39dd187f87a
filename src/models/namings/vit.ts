import { vitNames } from '../vitNames.ts';
import { layerRenames, type Naming, type Rename } from './naming.ts';

const { transformers: own, timm } = vitNames;

const common: readonly Rename[] = [
  [timm.cls, own.cls],
  [timm.dist, own.dist],
  [timm.places, own.places],
  [`${timm.patch}.*`, `${own.patch}.*`],
  ...layerRenames(timm.layers, timm.layer, own.layers, own.layer),
  [`${timm.norm}.*`, `${own.norm}.*`],
  [`${timm.pooler}.*`, `${own.pooler}.*`],
];

const dinov2: readonly Rename[] = [
  ['mask_token', 'embeddings.mask_token'],
  ['register_tokens', 'embeddings.register_tokens'],
  ['blocks.#.ls1.gamma', 'encoder.layer.#.layer_scale1.lambda1'],
  ['blocks.#.ls2.gamma', 'encoder.layer.#.layer_scale2.lambda1'],
  ['blocks.#.norm1.*', 'encoder.layer.#.norm1.*'],
  ['blocks.#.norm2.*', 'encoder.layer.#.norm2.*'],
  ['blocks.#.mlp.fc1.*', 'encoder.layer.#.mlp.fc1.*'],
  ['blocks.#.mlp.fc2.*', 'encoder.layer.#.mlp.fc2.*'],
  ['blocks.#.mlp.w12.*', 'encoder.layer.#.mlp.weights_in.*'],
  ['blocks.#.mlp.w3.*', 'encoder.layer.#.mlp.weights_out.*'],
];

/** ViT by timm, DeiT with its second token and DINOv2 with its scales among them, by torchvision, and as transformers 5 has it in memory. */
export const vitNamings: readonly Naming[] = [
  {
    by: 'timm',
    anchor: timm.dist,
    renames: [
      ...common,
      ['head.*', 'cls_classifier.*'],
      ['head_dist.*', 'distillation_classifier.*'],
    ],
  },
  { by: 'DINOv2', anchor: 'blocks.0.ls1.gamma', renames: [...dinov2, ...common] },
  {
    by: 'timm',
    anchor: 'blocks.0.attn.qkv.weight',
    renames: [...common, ['head.*', 'classifier.*']],
  },
  {
    by: 'torchvision',
    anchor: 'encoder.layers.encoder_layer_0.self_attention.in_proj_weight',
    renames: [
      ['class_token', own.cls],
      ['encoder.pos_embedding', own.places],
      ['conv_proj.*', `${own.patch}.*`],
      ...layerRenames(
        'encoder.layers.encoder_layer_',
        {
          norm1: 'ln_1',
          qkv: 'self_attention.in_proj_',
          out: 'self_attention.out_proj',
          norm2: 'ln_2',
          up: 'mlp.0',
          down: 'mlp.3',
        },
        own.layers,
        own.layer,
      ),
      // As torchvision 0.12 named them.
      ['encoder.layers.encoder_layer_#.mlp.linear_1.*', 'encoder.layer.#.intermediate.dense.*'],
      ['encoder.layers.encoder_layer_#.mlp.linear_2.*', 'encoder.layer.#.output.dense.*'],
      ['encoder.ln.*', `${own.norm}.*`],
      ['heads.head.*', 'classifier.*'],
    ],
  },
  {
    by: 'transformers 5 in memory',
    anchor: 'layers.0.layernorm_before.weight',
    renames: layerRenames(
      'layers.',
      {
        norm1: 'layernorm_before',
        q: 'attention.q_proj',
        k: 'attention.k_proj',
        v: 'attention.v_proj',
        out: 'attention.o_proj',
        norm2: 'layernorm_after',
        up: 'mlp.fc1',
        down: 'mlp.fc2',
      },
      own.layers,
      own.layer,
    ),
  },
];
