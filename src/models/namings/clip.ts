import { clipNames, type ClipNames } from '../clipNames.ts';
import { layerRenames, type Naming, type Rename } from './naming.ts';

const [ownVision, openVision] = clipNames.vision;
const [ownText, openText] = clipNames.text;

/** A tower whose tensors are named so after `root`, by the names of transformers. */
function tower(root: string, names: ClipNames, own: ClipNames): Rename[] {
  const pairs = (['patch', 'before', 'after'] as const).flatMap((key): Rename[] => {
    const [from, to] = [names[key], own[key]];
    return from && to ? [[`${root}${from}.*`, `${own.root}${to}.*`]] : [];
  });
  return [
    [root + names.anchor, own.root + own.anchor],
    [root + names.places, own.root + own.places],
    ...pairs,
    ...layerRenames(root + names.layers, names.layer, own.root + own.layers, own.layer),
  ];
}

const by = 'OpenAI and open_clip';
const inLayers = 'transformer.resblocks.0.attn.in_proj_weight';

const vision = (root: string): Naming => ({
  by,
  anchor: root ? root + inLayers : 'ln_pre.weight',
  renames: [
    ...tower(root, openVision, ownVision),
    [`${root}proj`, 'visual_projection.weight', 'turned'],
  ],
});

const text = (root: string): Naming => ({
  by,
  anchor: root + inLayers,
  renames: [
    ...tower(root, openText, ownText),
    [`${root}text_projection`, 'text_projection.weight', 'turned'],
    [`${root}text_projection.weight`, 'text_projection.weight'],
  ],
});

/** CLIP by OpenAI and by open_clip: its towers, the vision tower alone, the text tower as newer models of open_clip wrap it. */
export const clipNamings: readonly Naming[] = [
  vision('visual.'),
  vision(''),
  text('text.'),
  text(''),
];
