import type { Naming, Rename } from './naming.ts';

const attention = (name: string, own: string): Rename[] =>
  Object.entries({ query: 'q_proj', key: 'k_proj', value: 'v_proj', out: 'out_proj' }).map(
    ([part, ownPart]) => [`#.${name}.${part}.*`, `#.${own}.${ownPart}.*`],
  );

const layer: readonly Rename[] = [
  ...attention('attn', 'self_attn'),
  ['#.attn_ln.*', '#.self_attn_layer_norm.*'],
  ...attention('cross_attn', 'encoder_attn'),
  ['#.cross_attn_ln.*', '#.encoder_attn_layer_norm.*'],
  ['#.mlp.0.*', '#.fc1.*'],
  ['#.mlp.2.*', '#.fc2.*'],
  ['#.mlp_ln.*', '#.final_layer_norm.*'],
];

const stacks = ['encoder', 'decoder'].flatMap((stack): Rename[] => [
  [`${stack}.positional_embedding`, `${stack}.embed_positions.weight`],
  ...layer.map(
    ([name, own]) => [`${stack}.blocks.${name}`, `${stack}.layers.${String(own)}`] as const,
  ),
]);

/** Whisper by OpenAI. */
export const whisperNamings: readonly Naming[] = [
  {
    by: 'OpenAI',
    anchor: 'decoder.blocks.0.cross_attn.query.weight',
    renames: [
      ...stacks,
      ['decoder.token_embedding.*', 'decoder.embed_tokens.*'],
      ['encoder.ln_post.*', 'encoder.layer_norm.*'],
      ['decoder.ln.*', 'decoder.layer_norm.*'],
    ],
  },
];
