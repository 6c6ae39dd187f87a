import type { Architecture } from './architecture.ts';
import { buildClip } from './clipTower.ts';

/** CLIP by the names of transformers and of open_clip; its vision tower comes first. */
export const clip: Architecture = {
  id: 'clip',
  label: 'CLIP',
  modelTypes: ['clip', 'clip_vision_model', 'clip_text_model'],
  signatures: [
    { name: /(?:^|\.)vision_model\.pre_layrnorm\.weight$/ },
    { name: /(?:^|\.)text_model\.encoder\.layers\.0\.self_attn\.q_proj\.weight$/ },
    { name: /(?:^|\.)visual\.transformer\.resblocks\.0\.attn\.in_proj_weight$/ },
    { name: /(?:^|\.)transformer\.resblocks\.0\.attn\.in_proj_weight$/ },
  ],
  prefixes: ['clip.', 'clip_model.', 'text.', 'vision_model.', 'text_model.'],
  stacks: [
    {
      id: 'vision',
      pattern:
        /(?:^|\.)(?:vision_model\.encoder\.layers|visual\.transformer\.resblocks)\.(\d+)\.(.+)$/,
    },
    {
      id: 'text',
      pattern: /(?:^|\.)(?:text_model\.encoder\.layers|transformer\.resblocks)\.(\d+)\.(.+)$/,
    },
  ],
  blockRules: [
    ['LayerNorm', /^(?:layer_norm[12]|ln_[12])\./],
    ['attention', /^(?:self_attn|attn)\./],
    ['MLP', /^mlp\./],
  ],
  outerRules: [
    [
      'LayerNorm',
      /(?:^|\.)(?:pre_layrnorm|post_layernorm|final_layer_norm|ln_pre|ln_post|ln_final)\./,
    ],
    [
      'embeddings',
      /(?:^|\.)(?:embeddings\.|token_embedding\.|(?:class|positional)_embedding$|conv1\.)/,
    ],
    [
      'head',
      /(?:^|\.)(?:visual_projection|text_projection|visual\.proj$|logit_(?:scale|bias)|classifier|head\.)/,
    ],
  ],
  buffers: [
    /(?:^|\.)embeddings\.position_ids$/,
    /(?:^|\.)attn_mask$/,
    // Of OpenAI's TorchScript.
    /^(?:input_resolution|context_length|vocab_size)$/,
  ],
  tied: [],
  build: buildClip,
};
