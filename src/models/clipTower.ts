import { incompatible } from '../errors.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import { activationOf } from './activations.ts';
import type { Batch, Block, BuildTowers, Heads, Tensor, Tf, Tower } from './block.ts';
import { clipNames } from './clipNames.ts';
import { Config } from './config.ts';
import { embedImages, gridOf } from './images.ts';
import { causalMask, embedTokens, firstRows, given, layerNorm, linear, rowsAt } from './layers.ts';
import { preNormLayer, type PreNorm } from './preNorm.ts';
import { Finder, firstBlock, laterBlock, layerWants, normWants, type Layout } from './weights.ts';

/** What both towers are built from. */
type Plan = NonNullable<ReturnType<typeof planOf>>;

/**
 * CLIP's towers (Radford et al., 2021) by the names of transformers or open_clip, or the one that the checkpoint holds. Its
 * activation is quick_gelu unless config.json says otherwise; its text must end in one token whose position is `batch.at`.
 */
export const buildClip: BuildTowers = (tensors, values) => {
  const config = new Config(values);
  const images = planOf('vision', tensors, config);
  const text = planOf('text', tensors, config);
  if (!images && !text)
    throw incompatible(
      'CLIP: neither the class token of a vision tower nor the token embedding of a text tower is there. Open the whole checkpoint, all its shards.',
    );
  return {
    ...(text ? { text: textTower(text) } : {}),
    ...(images ? { images: visionTower(images) } : {}),
  };
};

/** `outer` stands before the names' root, `root` before the tower's tensors; `config` is the tower's part of the `whole`. */
function planOf(kind: keyof typeof clipNames, tensors: readonly TensorInfo[], whole: Config) {
  const finder = new Finder(tensors, 'model');
  for (const names of clipNames[kind]) {
    const outer = finder.prefix(names.root + names.anchor);
    if (outer === null) continue;
    const config = partOf(whole, kind);
    const eps = config.number(['layer_norm_eps'], 1e-5);
    const label = `CLIP's ${kind} tower`;
    const root = outer + names.root;
    return { kind, label, names, outer, root, finder, whole, config, eps };
  }
  return null;
}

/** The tower's part of a config of transformers or open_clip, or all of it where it is of one tower alone. */
function partOf(whole: Config, kind: keyof typeof clipNames): Config {
  if (whole.has('model_cfg')) return whole.section('model_cfg').section(`${kind}_cfg`);
  if (whole.text('model_type', '') === `clip_${kind}_model`) return whole;
  return whole.section(`${kind}_config`);
}

function visionTower(plan: Plan): Tower {
  const { names, root, finder, config, eps, label } = plan;
  const at = (name = '') => root + name;
  const patch = finder.shape(`${at(names.patch)}.weight`, 4, label);
  const hidden = patch[0] ?? 0;
  const [positions = 0] = finder.shape(at(names.places), 2, label);
  const grid = gridOf(patch, positions, 1, config, label);
  const parts = finder.take([
    { key: 'patch.weight', names: [`${at(names.patch)}.weight`], shape: patch },
    { key: 'patch.bias', names: [`${at(names.patch)}.bias`], shape: [hidden], optional: true },
    { key: 'cls', names: [at(names.anchor)], shape: [hidden] },
    { key: 'places', names: [at(names.places)], shape: [positions, hidden] },
    ...normWants('before', at(names.before), hidden),
  ]);
  const embeddings = firstBlock('vision.embeddings', parts, (tf, weights, batch) => {
    const x = embedImages(tf, weights, given(batch, 'pixels'), grid);
    return layerNorm(tf, weights, 'before', x, eps);
  });
  const blocks = [embeddings, ...layers(plan, hidden, () => null)];
  const heads = projectionHead(plan, hidden, (tf, x) => firstRows(tf, x));
  finder.check(label);
  return { input: 'images', blocks, hidden, limit: grid.image, vocabulary: 0, heads };
}

function textTower(plan: Plan): Tower {
  const { names, root, finder, config, label } = plan;
  const [words = 0, hidden = 0] = finder.shape(root + names.anchor, 2, label);
  const [positions = 0] = finder.shape(root + names.places, 2, label);
  config.agree({ vocab_size: words, max_position_embeddings: positions });
  const parts = finder.take([
    { key: 'table', names: [root + names.anchor], shape: [words, hidden] },
    { key: 'places', names: [root + names.places], shape: [positions, hidden] },
  ]);
  const embeddings = firstBlock('text.embeddings', parts, (tf, weights, batch) =>
    embedTokens(tf, weights, batch, positions),
  );
  const blocks = [embeddings, ...layers(plan, hidden, causalMask)];
  const heads = projectionHead(plan, hidden, (tf, x, batch) => rowsAt(tf, x, given(batch, 'at')));
  finder.check(label);
  return { input: 'text', blocks, hidden, limit: positions, vocabulary: words, heads };
}

function layers(
  plan: Plan,
  hidden: number,
  maskOf: (tf: Tf, length: number) => Tensor | null,
): Block[] {
  const { kind, names, root, finder, config, eps, label } = plan;
  const stem = root + names.layers;
  const [inner = 0] = finder.shape(`${stem}0.${names.layer.up}.weight`, 2, label);
  const count = finder.count(stem);
  config.agree({ hidden_size: hidden, intermediate_size: inner, num_hidden_layers: count });
  const options: PreNorm = {
    eps,
    layout: 'linear',
    heads: headsOf(config, hidden),
    activation: activationOf(activationName(plan)),
  };
  return Array.from({ length: count }, (_, i) => {
    const parts = finder.take(layerWants(names.layer, `${stem}${i}.`, { hidden, inner }));
    return laterBlock(`${kind}.layer.${i}`, parts, (tf, weights, x) =>
      preNormLayer(tf, weights, x, options, maskOf(tf, x.shape[1] ?? 0)),
    );
  });
}

/** By the keys of transformers and of open_clip. */
function headsOf(config: Config, hidden: number): number {
  const size = config.number(['head_width'], 0);
  const known = size > 0 ? new Config({ heads: hidden / size }) : config;
  return known.heads(['num_attention_heads', 'heads'], hidden);
}

function activationName({ whole, config }: Plan): string {
  const quick = whole.section('model_cfg').flag('quick_gelu', !whole.has('model_cfg'));
  return config.text('hidden_act', quick ? 'quick_gelu' : 'gelu');
}

/** Pools, normalises, projects, and scales to length 1; no head where the checkpoint has no projection. */
function projectionHead(
  plan: Plan,
  hidden: number,
  pool: (tf: Tf, x: Tensor, batch: Batch) => Tensor,
): Partial<Heads> {
  const { kind, names, root, outer, finder, whole, eps, label } = plan;
  const fullName = (name: string, layout: Layout) =>
    outer + name + (layout === 'linear' ? '.weight' : '');
  const found = names.projection.find(([name, layout]) => finder.has(fullName(name, layout)));
  if (!found) return {};
  const [name, layout] = found;
  const tensor = fullName(name, layout);
  const shape = finder.shape(tensor, 2, label);
  const shared = (layout === 'linear' ? shape[0] : shape[1]) ?? 0;
  whole.agree({ projection_dim: shared });
  const parts = finder.take([
    ...normWants('after', root + names.after, hidden),
    {
      key: 'projection.weight',
      names: [tensor],
      shape: layout === 'linear' ? [shared, hidden] : [hidden, shared],
    },
  ]);
  const projection = () =>
    laterBlock(`${kind}.projection`, parts, (tf, weights, x, batch) => {
      const pooled = layerNorm(tf, weights, 'after', pool(tf, x, batch), eps);
      return unit(tf, linear(tf, weights, 'projection', pooled, layout));
    });
  return { projection };
}

/** Rows [B, e] scaled to length 1. */
function unit(tf: Tf, rows: Tensor): Tensor {
  return tf.div(rows, tf.sqrt(tf.sum(tf.square(rows), -1, true)));
}
