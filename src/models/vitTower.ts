import type { TensorInfo } from '../tensor/tensorIndex.ts';
import { activationOf } from './activations.ts';
import type { Block, Tower } from './block.ts';
import { Config } from './config.ts';
import { embedImages, gridOf } from './images.ts';
import { firstRows, given, layerNorm, linear } from './layers.ts';
import { preNormLayer, type PreNorm } from './preNorm.ts';
import { vitNames, type VitNames } from './vitNames.ts';
import {
  Finder,
  firstBlock,
  laterBlock,
  layerWants,
  linearWants,
  normWants,
  type Parts,
} from './weights.ts';

const { transformers, timm } = vitNames;

const label = 'ViT';

/** The vision transformer (Dosovitskiy et al., 2021) by the names of transformers or timm; DeiT's second token too. */
export function buildVit(
  tensors: readonly TensorInfo[],
  values: Readonly<Record<string, unknown>>,
): Tower {
  const config = new Config(values);
  const finder = new Finder(tensors, 'model');
  const names = finder.prefix(`${timm.patch}.weight`) === null ? transformers : timm;
  const prefix = finder.prefix(`${names.patch}.weight`) ?? '';
  const patch = finder.shape(`${prefix}${names.patch}.weight`, 4, label);
  const [, positions = 0] = finder.shape(prefix + names.places, 3, label);
  const hidden = patch[0] ?? 0;
  const extra = finder.has(prefix + names.dist) ? 2 : 1;
  const grid = gridOf(patch, positions, extra, config, label);
  const eps = config.number(['layer_norm_eps'], names.eps);
  const token = { shape: [1, 1, hidden] };
  const parts = finder.take([
    { key: 'patch.weight', names: [`${prefix}${names.patch}.weight`], shape: patch },
    { key: 'patch.bias', names: [`${prefix}${names.patch}.bias`], shape: [hidden], optional: true },
    { key: 'cls', names: [prefix + names.cls], ...token },
    { key: 'dist', names: [prefix + names.dist], ...token, optional: true },
    { key: 'places', names: [prefix + names.places], shape: [1, positions, hidden] },
  ]);
  const embeddings = firstBlock('embeddings', parts, (tf, weights, batch) =>
    embedImages(tf, weights, given(batch, 'pixels'), grid),
  );
  const blocks = [embeddings, ...layers(names, prefix, hidden, finder, config, eps)];
  const norm = finder.take(normWants('norm', prefix + names.norm, hidden));
  finder.check(label);
  return {
    input: 'images',
    blocks,
    hidden,
    limit: grid.image,
    vocabulary: 0,
    heads: { classifier: (task) => classifier(names, norm, hidden, task, eps) },
  };
}

function layers(
  names: VitNames,
  prefix: string,
  hidden: number,
  finder: Finder,
  config: Config,
  eps: number,
): Block[] {
  const at = prefix + names.layers;
  const [inner = 0] = finder.shape(`${at}0.${names.layer.up}.weight`, 2, label);
  const count = finder.count(at);
  config.agree({ hidden_size: hidden, num_hidden_layers: count, intermediate_size: inner });
  const options: PreNorm = {
    eps,
    layout: 'linear',
    heads: config.heads(['num_attention_heads'], hidden),
    activation: activationOf(config.text('hidden_act', 'gelu')),
  };
  return Array.from({ length: count }, (_, i) => {
    const wants = layerWants(names.layer, `${at}${i}.`, { hidden, inner }).map((want) =>
      /^(?:q|k|v|qkv)\.bias$/.test(want.key) ? { ...want, optional: true } : want,
    );
    return laterBlock(`layer.${i}`, finder.take(wants), (tf, weights, x) =>
      preNormLayer(tf, weights, x, options, null),
    );
  });
}

/** Logits of the normalised class token. */
function classifier(
  names: VitNames,
  norm: Parts,
  hidden: number,
  task: readonly TensorInfo[],
  eps: number,
): Block {
  const finder = new Finder(task, 'task');
  const known = Object.values(vitNames).flatMap(({ out }) => out);
  const stem = known.find((each) => finder.prefix(`${each}.weight`) !== null) ?? names.out[0];
  const full = `${finder.prefix(`${stem}.weight`) ?? ''}${stem}`;
  const [labels = 0] = finder.shape(`${full}.weight`, 2, `${label}'s classifier`);
  const out = finder.take(linearWants('out', full, [labels, hidden]));
  finder.check(`${label}'s classifier`);
  return laterBlock('classifier', { ...norm, ...out }, (tf, weights, x) =>
    linear(tf, weights, 'out', layerNorm(tf, weights, 'norm', firstRows(tf, x), eps)),
  );
}
