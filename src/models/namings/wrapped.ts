import type { Naming } from './naming.ts';

/** Models of text and images before transformers 4.52, which put the parts of one inside `model`. */
export const wrappedNamings: readonly Naming[] = [
  {
    by: 'transformers before 4.52',
    wraps: true,
    anchor: 'language_model.model.embed_tokens.weight',
    renames: [
      ['language_model.model.**', 'model.language_model.**'],
      ['language_model.lm_head.*', 'lm_head.*'],
      ...['vision_tower', 'multi_modal_projector', 'vision_model'].map(
        (part) => [`${part}.**`, `model.${part}.**`] as const,
      ),
      ['image_newline', 'model.image_newline'],
    ],
  },
  {
    by: 'transformers before 4.52',
    wraps: true,
    anchor: '^visual.patch_embed.proj.weight',
    renames: [
      ['visual.**', 'model.visual.**'],
      ...['embed_tokens', 'layers', 'norm'].map(
        (part) => [`model.${part}.**`, `model.language_model.${part}.**`] as const,
      ),
    ],
  },
];
