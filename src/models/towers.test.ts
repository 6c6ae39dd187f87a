import { expect, it } from 'vitest';
import type { Block, Tower } from './block.ts';
import {
  bertBackbone,
  clipOpen,
  clipTransformers,
  gpt2Backbone,
  indexOf,
  llamaSmall,
  prefixed,
  robertaBackbone,
  robertaBase,
  robertaClassifier,
  t5Small,
  vitBase,
  vitTimm,
  type Shapes,
} from '../test/modelShapes.ts';
import { buildTowers } from './registry.ts';

const build = (id: string, shapes: Shapes, config = {}) =>
  buildTowers(id, indexOf(shapes).tensors, config);

const namesOf = (blocks: readonly Block[], of?: string) =>
  new Set(
    blocks.flatMap(({ tensors }) =>
      tensors.filter((each) => !of || each.of === of).map(({ info }) => info.name),
    ),
  );

const summary = (tower: Tower | undefined) =>
  tower && {
    blocks: tower.blocks.length,
    hidden: tower.hidden,
    limit: tower.limit,
    vocabulary: tower.vocabulary,
    heads: Object.keys(tower.heads),
  };

const roberta = { blocks: 13, hidden: 768, limit: 512, vocabulary: 50265 };
const bert = { blocks: 13, hidden: 768, limit: 512, vocabulary: 30522 };
const words = ['languageModel', 'tokenEntropy', 'greedyToken', 'classifier'];
const gpt2 = { blocks: 13, hidden: 768, limit: 1024, vocabulary: 50257, heads: words };
const clipText = { blocks: 13, hidden: 512, limit: 77, vocabulary: 49408, heads: ['projection'] };
const clipImages = { blocks: 13, hidden: 768, limit: 224, vocabulary: 0, heads: ['projection'] };
const vit = { blocks: 13, hidden: 768, limit: 224, vocabulary: 0, heads: ['classifier'] };

it.each([
  ['roberta', robertaBase(), { ...roberta, heads: ['maskedLm', 'classifier'] }],
  ['roberta', prefixed('module.', robertaClassifier(2)), { ...roberta, heads: ['classifier'] }],
  ['roberta', robertaBackbone(), { ...roberta, heads: ['classifier'] }],
  ['bert', prefixed('bert.', bertBackbone()), { ...bert, heads: ['classifier'] }],
  ['gpt2', gpt2Backbone(), gpt2],
  ['gpt2', prefixed('transformer.', gpt2Backbone(false)), gpt2],
  ['clip', clipTransformers(), clipText],
  ['clip', prefixed('model.', clipOpen()), clipText],
])('reads the text tower of %s from published shapes', (id, shapes, expected) => {
  expect(summary(build(id, shapes).text)).toEqual(expected);
});

it.each([
  ['clip', clipTransformers(), clipImages],
  ['clip', clipOpen(), clipImages],
  ['vit', vitBase(), vit],
  ['vit', vitTimm(), vit],
])('reads the image tower of %s from published shapes', (id, shapes, expected) => {
  expect(summary(build(id, shapes).images)).toEqual(expected);
});

it('reads every parameter but those of other tasks and of no layer', () => {
  const left = (id: string, shapes: Shapes, blocks: readonly Block[]) => {
    const read = namesOf(blocks);
    return [id, ...Object.keys(shapes).filter((name) => !read.has(name))];
  };
  const clip = build('clip', clipOpen());
  const towers = [clip.text!, clip.images!];
  expect(
    left(
      'clip',
      clipOpen(),
      towers.flatMap(({ blocks, heads }) => [...blocks, heads.projection!()]),
    ),
  ).toEqual(['clip', 'logit_scale']);
  const { blocks, heads } = build('roberta', robertaBase()).text!;
  expect(left('roberta', robertaBase(), [...blocks, heads.maskedLm!([5])])).toEqual([
    ...['roberta', 'lm_head.decoder.weight', 'lm_head.decoder.bias'],
  ]);
  const decoder = build('gpt2', gpt2Backbone(false)).text!;
  expect(
    left('gpt2', gpt2Backbone(false), [...decoder.blocks, decoder.heads.languageModel!()]),
  ).toEqual(['gpt2']);
});

it('takes a classifier, and BERT’s pooler, from the task', () => {
  const { tensors } = indexOf(robertaClassifier(3));
  const head = build('roberta', robertaBase()).text!.heads.classifier!(tensors, {});
  expect([...namesOf([head], 'task')].sort()).toEqual([
    ...['classifier.dense.bias', 'classifier.dense.weight'],
    ...['classifier.out_proj.bias', 'classifier.out_proj.weight'],
  ]);
  const task = {
    ...prefixed('bert.', bertBackbone()),
    ...{ 'classifier.weight': [2, 768], 'classifier.bias': [2] },
  };
  const own = build('bert', bertBackbone()).text!.heads.classifier!(indexOf(task).tensors, {});
  expect([...namesOf([own], 'task')].sort()).toEqual([
    ...['bert.pooler.dense.bias', 'bert.pooler.dense.weight'],
    ...['classifier.bias', 'classifier.weight'],
  ]);
  expect(namesOf([own], 'model').size).toBe(0);
});

it('says that a task has no classifier', () => {
  const { classifier } = build('roberta', robertaBase()).text!.heads;
  expect(() => classifier!(indexOf(robertaBase()).tensors, {})).toThrow(
    expect.objectContaining({
      kind: 'Incompatible',
      message: expect.stringContaining('classifier.out_proj.weight is missing'),
    }),
  );
});

const only = (shapes: Shapes, keep: (name: string) => boolean): Shapes =>
  Object.fromEntries(Object.entries(shapes).filter(([name]) => keep(name)));

it('offers the one tower that a checkpoint of CLIP holds', () => {
  const vision = only(clipTransformers(), (name) => name.startsWith('vision_model.'));
  const towers = build('clip', vision, { model_type: 'clip_vision_model', hidden_size: 768 });
  expect(towers.text).toBeUndefined();
  expect(summary(towers.images)).toEqual({ ...clipImages, heads: [] });
  const text = only(clipOpen(), (name) => !name.startsWith('visual.'));
  expect(build('clip', text).images).toBeUndefined();
  expect(summary(build('clip', text).text)).toEqual(clipText);
});

it.each([
  ['large', 1024, 14, 224],
  ['large at 336', 1024, 14, 336],
  ['base', 768, 16, 224],
])('reads CLIP’s ViT %s', (_, width, patch, side) => {
  const shapes = Object.fromEntries(
    Object.entries(clipOpen()).map(([name, shape]) => {
      if (!name.startsWith('visual.')) return [name, shape];
      if (name === 'visual.conv1.weight') return [name, [width, 3, patch, patch]];
      if (name === 'visual.positional_embedding') return [name, [(side / patch) ** 2 + 1, width]];
      return [name, shape.map((size) => (size % 768 === 0 ? (size / 768) * width : size))];
    }),
  );
  const { images } = build('clip', shapes);
  expect([images!.hidden, images!.limit]).toEqual([width, side]);
});

it.each([
  ['roberta', robertaBase(), { num_hidden_layers: 6 }, /num_hidden_layers 6.* have 12/],
  ['roberta', robertaBase(), { hidden_size: 1024 }, /hidden_size 1024.* have 768/],
  ['roberta', robertaBase(), { num_attention_heads: 10 }, /num_attention_heads 10.*768/],
  ['roberta', robertaBase(), { layer_norm_eps: '1e-5' }, /layer_norm_eps "1e-5".*number/],
  ['gpt2', gpt2Backbone(), { n_layer: 24 }, /n_layer 24.* have 12/],
  ['vit', vitBase(), { image_size: 384 }, /image_size 384.* have 224/],
  ['clip', clipTransformers(), { text_config: { vocab_size: 5 } }, /vocab_size 5.* have 49408/],
  ['clip', clipTransformers(), { projection_dim: 768 }, /projection_dim 768.* have 512/],
])('refuses a config of %s that the tensors contradict', (id, shapes, config, message) => {
  expect(() => build(id, shapes, config)).toThrow(
    expect.objectContaining({ kind: 'Incompatible', message: expect.stringMatching(message) }),
  );
});

it('takes a config that states both sides of an image', () => {
  const config = { image_size: [224, 224], patch_size: [16, 16] };
  expect(build('vit', vitBase(), config).images!.limit).toBe(224);
});

it('refuses a layer number that no model has', () => {
  const shapes = { ...gpt2Backbone(), 'h.999999999999.ln_1.weight': [768] };
  expect(() => build('gpt2', shapes)).toThrow(
    expect.objectContaining({
      kind: 'Incompatible',
      message: expect.stringMatching(
        /^The tensor h\.999999999999\.ln_1\.weight is of layer 999999999999, and there are \d+ /,
      ),
    }),
  );
});

it('names the tensors that are missing or misshapen', () => {
  const lacking = only(robertaBase(), (name) => !name.includes('layer.3.attention.self'));
  const cut = { ...lacking, 'roberta.encoder.layer.5.output.dense.weight': [768, 3000] };
  expect(() => build('roberta', cut)).toThrow(
    expect.objectContaining({
      kind: 'Incompatible',
      message: expect.stringMatching(
        /missing roberta\.encoder\.layer\.3\.attention\.self\.query\.weight.* and 2 more; misshapen .*\[768, 3000\], not \[768, 3072\]/,
      ),
    }),
  );
  const headless = only(clipOpen(), (name) => name.includes('resblocks'));
  expect(() => build('clip', headless)).toThrow(/class token/);
});

const llamaConfig = {
  ...{ model_type: 'llama', num_attention_heads: 8, rms_norm_eps: 1e-5, vocab_size: 320 },
  ...{ hidden_size: 64, num_hidden_layers: 2, intermediate_size: 172 },
};

it('reads Llama’s decoder, every parameter of it but constants', () => {
  const { text } = build('llama', llamaSmall(), llamaConfig);
  const expected = { blocks: 3, hidden: 64, limit: 2048, vocabulary: 320 };
  expect(summary(text)).toEqual({ ...expected, heads: words });
  const read = namesOf([...text!.blocks, text!.heads.languageModel!()]);
  const left = Object.keys(llamaSmall()).filter((name) => !read.has(name));
  expect(left).toEqual([0, 1].map((n) => `model.layers.${n}.self_attn.rotary_emb.inv_freq`));
  const short = { ...llamaConfig, max_position_embeddings: 512 };
  expect(build('llama', llamaSmall(), short).text!.limit).toBe(512);
});

it('takes the embedding for the head where config.json ties them, and asks for a head elsewhere', () => {
  const headless = only(llamaSmall(), (name) => name !== 'lm_head.weight');
  const tied = build('llama', headless, { ...llamaConfig, tie_word_embeddings: true }).text!;
  expect([...namesOf([tied.heads.languageModel!()])].sort()).toEqual([
    ...['model.embed_tokens.weight', 'model.norm.weight'],
  ]);
  expect(() => build('llama', headless, llamaConfig)).toThrow(/missing lm_head\.weight/);
});

it('tells no words where a decoder was saved as a classifier or alone', () => {
  const headless = only(llamaSmall(), (name) => name !== 'lm_head.weight');
  const scored = { ...headless, 'score.weight': [3, 64] };
  const alone = Object.fromEntries(
    Object.entries(headless).map(([name, shape]) => [name.replace(/^model\./, ''), shape]),
  );
  for (const shapes of [scored, alone]) {
    const { heads } = build('llama', shapes, llamaConfig).text!;
    expect(Object.keys(heads)).toEqual(['classifier']);
    const head = heads.classifier!(indexOf(scored).tensors, {});
    expect([...namesOf([head], 'task')]).toEqual(['score.weight']);
    expect([...namesOf([head], 'model')]).toEqual([
      shapes === scored ? 'model.norm.weight' : 'norm.weight',
    ]);
  }
  const { classifier } = build('llama', llamaSmall(), llamaConfig).text!.heads;
  expect(() => classifier!(indexOf(llamaSmall()).tensors, {})).toThrow(
    "Llama family's classifier is a matrix score.weight, and the fine-tuned checkpoint has none.",
  );
  expect(() => classifier!(indexOf({ 'score.weight': [3, 32] }).tensors, {})).toThrow(
    /score\.weight is \[3, 32\], not \[3, 64\]/,
  );
});

it.each<[object, string, RegExp]>([
  [{ model_type: undefined }, 'Unsupported', /says no model_type.*llama, mistral, qwen2/],
  [{ model_type: 'granite' }, 'Unsupported', /type “granite” cannot be run/],
  [{ model_type: 'toString' }, 'Unsupported', /type “toString” cannot be run/],
  [
    { rope_scaling: { type: 'yarn', factor: 4 } },
    'Unsupported',
    /“yarn”.*default, linear, dynamic, llama3/,
  ],
  [{ rope_scaling: { rope_type: 'linear' } }, 'Incompatible', /factor null.*a number belongs/],
  [{ rope_scaling: { rope_type: 'linear', factor: 0 } }, 'Incompatible', /factor 0.*above 0/],
  [
    { max_position_embeddings: 4096, rope_scaling: { type: 'longrope', short_factor: [1, 2, 3] } },
    ...(['Incompatible', /short_factor \[1,2,3\].*4 numbers above 0/] as const),
  ],
  [
    {
      max_position_embeddings: 4096,
      original_max_position_embeddings: 1024,
      rope_scaling: { type: 'su' },
    },
    ...(['Unsupported', /“longrope” from 1024 tokens on, and texts of 2048/] as const),
  ],
  [{ rope_theta: -5 }, 'Incompatible', /rope_theta -5.*above 0/],
  [{ partial_rotary_factor: 0.5 }, 'Unsupported', /partial_rotary_factor 0\.5/],
  [{ num_attention_heads: undefined }, 'Incompatible', /num_attention_heads null.*number/],
  [{ num_attention_heads: 7 }, 'Incompatible', /num_attention_heads 7.*width 64 .*width 16/],
  [{ num_attention_heads: 2 }, 'Incompatible', /num_attention_heads 2.*make no such heads/],
  [{ num_key_value_heads: 8 }, 'Incompatible', /num_key_value_heads 8.* have 2/],
  [{ vocab_size: 32000 }, 'Incompatible', /vocab_size 32000.* have 320/],
  [{ hidden_act: 'xielu' }, 'Unsupported', /activation “xielu”/],
  [{ attention_bias: true }, 'Incompatible', /missing model\.layers\.0\.self_attn\.q_proj\.bias/],
  [{ use_bidirectional_attention: true }, 'Unsupported', /see those that follow/],
  [{ model_type: 'qwen2' }, 'Incompatible', /missing .*q_proj\.bias/],
  [{ model_type: 'qwen3' }, 'Incompatible', /missing .*q_norm\.weight/],
  [
    { model_type: 'gemma2', layer_types: ['full_attention', 'linear_attention'] },
    ...(['Incompatible', /one of full_attention, sliding_attention belongs .* each of 2/] as const),
  ],
  [
    { model_type: 'smollm3', no_rope_layers: [1] },
    'Incompatible',
    /one of 0, 1 .* each of 2 layers/,
  ],
])('refuses a decoder with the config %j', (changes, kind, message) => {
  expect(() => build('llama', llamaSmall(), { ...llamaConfig, ...changes })).toThrow(
    expect.objectContaining({ kind, message: expect.stringMatching(message) }),
  );
});

it('refuses a decoder whose layers hold what its family has not', () => {
  const more = { ...llamaSmall(), 'model.layers.1.self_attn.q_norm.weight': [8] };
  expect(() => build('llama', more, llamaConfig)).toThrow(
    /not known of this model_type, model\.layers\.1\.self_attn\.q_norm\.weight/,
  );
});

it('refuses models without a forward pass, naming those that have one', () => {
  const refusal = expect.objectContaining({
    kind: 'Unsupported',
    message: expect.stringMatching(/T5.*RoBERTa, BERT, CLIP, ViT, GPT-2, Llama family/),
  });
  expect(() => build('t5', t5Small())).toThrow(refusal);
  expect(() => buildTowers(null, [], {})).toThrow(/unknown architecture/);
});
