import { linearWants, normWants, type Want } from './weights.ts';

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
  /** Of a layer's first MLP matrix. */
  up: string;
  layer(stem: string, hidden: number, inner: number): Want[];
  /** From before the root; [e, d] as a Linear, or [d, e] as a Conv1D. */
  projection: readonly (readonly [string, 'linear' | 'conv1d'])[];
}

const linears = (
  stem: string,
  names: Readonly<Record<string, readonly [string, number, number]>>,
) =>
  Object.entries(names).flatMap(([key, [name, outputs, inputs]]) =>
    linearWants(key, stem + name, [outputs, inputs]),
  );

const transformersLayer: ClipNames['layer'] = (stem, d, inner) => [
  ...normWants('norm1', `${stem}layer_norm1`, d),
  ...normWants('norm2', `${stem}layer_norm2`, d),
  ...linears(stem, {
    q: ['self_attn.q_proj', d, d],
    k: ['self_attn.k_proj', d, d],
    v: ['self_attn.v_proj', d, d],
    out: ['self_attn.out_proj', d, d],
    up: ['mlp.fc1', inner, d],
    down: ['mlp.fc2', d, inner],
  }),
];

const openLayer: ClipNames['layer'] = (stem, d, inner) => [
  ...normWants('norm1', `${stem}ln_1`, d),
  ...normWants('norm2', `${stem}ln_2`, d),
  { key: 'qkv.weight', names: [`${stem}attn.in_proj_weight`], shape: [3 * d, d] },
  { key: 'qkv.bias', names: [`${stem}attn.in_proj_bias`], shape: [3 * d] },
  ...linears(stem, {
    out: ['attn.out_proj', d, d],
    up: ['mlp.c_fc', inner, d],
    down: ['mlp.c_proj', d, inner],
  }),
];

const transformers = {
  layers: 'encoder.layers.',
  up: 'mlp.fc1',
  layer: transformersLayer,
};
const openClip = { layers: 'transformer.resblocks.', up: 'mlp.c_fc', layer: openLayer };

/** Names by transformers, then by open_clip; the first whose anchor is there counts. */
export const clipNames: Readonly<Record<'vision' | 'text', readonly ClipNames[]>> = {
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
