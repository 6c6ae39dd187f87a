import type { LayerNames, Layout } from './weights.ts';

/** Names of a CLIP tower's tensors after its root; those of layers without .weight and .bias. */
export interface ClipNames {
  root: string;
  /** Of the token embedding, or of the class token; no other tower has it. */
  anchor: string;
  places: string;
  /** Vision only: the patches' convolution, and the LayerNorm before the layers. */
  patch?: string;
  before?: string;
  after: string;
  layers: string;
  layer: LayerNames;
  /** From before the root. */
  projection: readonly (readonly [string, Layout])[];
}

const transformers = {
  layers: 'encoder.layers.',
  layer: {
    norm1: 'layer_norm1',
    norm2: 'layer_norm2',
    q: 'self_attn.q_proj',
    k: 'self_attn.k_proj',
    v: 'self_attn.v_proj',
    out: 'self_attn.out_proj',
    up: 'mlp.fc1',
    down: 'mlp.fc2',
  },
};
const openClip = {
  layers: 'transformer.resblocks.',
  layer: {
    norm1: 'ln_1',
    norm2: 'ln_2',
    qkv: 'attn.in_proj_',
    out: 'attn.out_proj',
    up: 'mlp.c_fc',
    down: 'mlp.c_proj',
  },
};

/** Names by transformers, then by open_clip; the first whose anchor is there counts. */
export const clipNames: Readonly<
  Record<'vision' | 'text', readonly [transformers: ClipNames, openClip: ClipNames]>
> = {
  vision: [
    {
      ...transformers,
      root: 'vision_model.',
      anchor: 'embeddings.class_embedding',
      places: 'embeddings.position_embedding.weight',
      patch: 'embeddings.patch_embedding',
      before: 'pre_layrnorm',
      after: 'post_layernorm',
      projection: [['visual_projection', 'linear']],
    },
    {
      ...openClip,
      root: 'visual.',
      anchor: 'class_embedding',
      places: 'positional_embedding',
      patch: 'conv1',
      before: 'ln_pre',
      after: 'ln_post',
      projection: [['visual.proj', 'conv1d']],
    },
  ],
  text: [
    {
      ...transformers,
      root: 'text_model.',
      anchor: 'embeddings.token_embedding.weight',
      places: 'embeddings.position_embedding.weight',
      after: 'final_layer_norm',
      projection: [['text_projection', 'linear']],
    },
    {
      ...openClip,
      root: '',
      anchor: 'token_embedding.weight',
      places: 'positional_embedding',
      after: 'ln_final',
      projection: [
        ['text_projection', 'conv1d'],
        ['text_projection', 'linear'],
      ],
    },
  ],
};
