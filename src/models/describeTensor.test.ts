import { describe, expect, it } from 'vitest';
import { describeTensor, describeTensors } from './describeTensor.ts';
import {
  bertBackbone,
  clipOpen,
  clipTransformers,
  gpt2Backbone,
  robertaBase,
  robertaClassifier,
  t5Small,
  vitBase,
  vitTimm,
} from '../test/modelShapes.ts';

describe('known architectures', () => {
  it.each([
    ['roberta', 'roberta.encoder.layer.11.attention.self.query.weight', 11, 'attention'],
    ['roberta', 'encoder.layer.0.attention.output.dense.bias', 0, 'attention'],
    ['roberta', 'roberta.encoder.layer.3.attention.output.LayerNorm.bias', 3, 'LayerNorm'],
    ['roberta', 'roberta.encoder.layer.3.intermediate.dense.weight', 3, 'MLP'],
    ['roberta', 'roberta.encoder.layer.3.output.dense.weight', 3, 'MLP'],
    ['roberta', 'roberta.encoder.layer.3.output.LayerNorm.weight', 3, 'LayerNorm'],
    ['roberta', 'roberta.embeddings.LayerNorm.weight', null, 'embeddings'],
    ['roberta', 'roberta.embeddings.word_embeddings.weight', null, 'embeddings'],
    ['roberta', 'lm_head.layer_norm.weight', null, 'head'],
    ['roberta', 'classifier.out_proj.weight', null, 'head'],
    ['roberta', 'roberta.pooler.dense.weight', null, 'head'],
    ['bert', 'cls.predictions.transform.dense.weight', null, 'head'],
    ['bert', 'bert.encoder.layer.2.attention.output.LayerNorm.gamma', 2, 'LayerNorm'],
    ['gpt2', 'h.0.attn.c_attn.bias', 0, 'attention'],
    ['gpt2', 'transformer.h.10.ln_2.weight', 10, 'LayerNorm'],
    ['gpt2', 'transformer.h.10.mlp.c_fc.weight', 10, 'MLP'],
    ['gpt2', 'transformer.ln_f.bias', null, 'LayerNorm'],
    ['gpt2', 'wpe.weight', null, 'embeddings'],
    ['gpt2', 'lm_head.weight', null, 'head'],
    ['clip', 'vision_model.encoder.layers.5.self_attn.q_proj.weight', 5, 'attention'],
    ['clip', 'text_model.encoder.layers.5.mlp.fc1.weight', 5, 'MLP'],
    ['clip', 'text_model.encoder.layers.5.layer_norm2.weight', 5, 'LayerNorm'],
    ['clip', 'vision_model.pre_layrnorm.weight', null, 'LayerNorm'],
    ['clip', 'visual.transformer.resblocks.7.attn.in_proj_weight', 7, 'attention'],
    ['clip', 'transformer.resblocks.7.mlp.c_proj.bias', 7, 'MLP'],
    ['clip', 'visual.proj', null, 'head'],
    ['clip', 'logit_scale', null, 'head'],
    ['clip', 'positional_embedding', null, 'embeddings'],
    ['vit', 'vit.encoder.layer.1.layernorm_after.bias', 1, 'LayerNorm'],
    ['vit', 'vit.encoder.layer.1.attention.output.dense.weight', 1, 'attention'],
    ['vit', 'vit.encoder.layer.1.output.dense.weight', 1, 'MLP'],
    ['vit', 'blocks.1.attn.qkv.weight', 1, 'attention'],
    ['vit', 'pos_embed', null, 'embeddings'],
    ['llama', 'model.layers.31.self_attn.o_proj.weight', 31, 'attention'],
    ['llama', 'model.layers.31.mlp.down_proj.weight', 31, 'MLP'],
    ['llama', 'model.layers.31.post_attention_layernorm.weight', 31, 'LayerNorm'],
    ['llama', 'model.norm.weight', null, 'LayerNorm'],
    ['t5', 'encoder.block.1.layer.0.SelfAttention.q.weight', 1, 'attention'],
    ['t5', 'decoder.block.1.layer.2.DenseReluDense.wo.weight', 1, 'MLP'],
    ['t5', 'decoder.block.1.layer.2.layer_norm.weight', 1, 'LayerNorm'],
    ['t5', 'shared.weight', null, 'embeddings'],
  ])('%s: %s is in layer %j, %s', (architecture, name, layer, component) => {
    expect(describeTensor(architecture, name)).toMatchObject({
      layer,
      component,
      block: layer !== null,
      buffer: false,
    });
  });

  it.each([
    ['gpt2', 'h.0.attn.bias'],
    ['gpt2', 'transformer.h.0.attn.masked_bias'],
    ['roberta', 'roberta.embeddings.position_ids'],
    ['clip', 'text_model.embeddings.position_ids'],
    ['llama', 'model.layers.0.self_attn.rotary_emb.inv_freq'],
  ])('%s: %s is a constant and no parameter of a block', (architecture, name) => {
    expect(describeTensor(architecture, name)).toMatchObject({ block: false, buffer: true });
  });

  it.each([
    ['roberta', robertaBase()],
    ['roberta', robertaClassifier(3)],
    ['bert', bertBackbone()],
    ['gpt2', gpt2Backbone(false)],
    ['clip', clipTransformers()],
    ['clip', clipOpen()],
    ['vit', vitBase()],
    ['vit', vitTimm()],
    ['t5', t5Small()],
  ])('%s: every tensor of a model has a component', (architecture, shapes) => {
    const others = Object.keys(shapes).filter(
      (name) => describeTensor(architecture, name).component === 'other',
    );
    expect(others).toEqual([]);
  });
});

describe('stacks', () => {
  it('number the text tower of CLIP after its vision tower', () => {
    const names = Object.keys(clipTransformers());
    const roles = describeTensors({ architecture: 'clip' }, names);
    const layerOf = (name: string) => roles[names.indexOf(name)]?.layer;
    expect(layerOf('vision_model.encoder.layers.0.mlp.fc1.weight')).toBe(0);
    expect(layerOf('vision_model.encoder.layers.11.mlp.fc1.weight')).toBe(11);
    expect(layerOf('text_model.encoder.layers.0.mlp.fc1.weight')).toBe(12);
    expect(layerOf('text_model.encoder.layers.11.mlp.fc1.weight')).toBe(23);
    expect(layerOf('logit_scale')).toBeNull();
  });

  it("number T5's decoder after its encoder", () => {
    const names = Object.keys(t5Small());
    const layers = describeTensors({ architecture: 't5' }, names).map(({ layer }) => layer);
    expect(layers[names.indexOf('encoder.block.1.layer.0.SelfAttention.q.weight')]).toBe(1);
    expect(layers[names.indexOf('decoder.block.1.layer.1.EncDecAttention.q.weight')]).toBe(3);
  });

  it('number a text tower alone from 0', () => {
    const [role] = describeTensors({ architecture: 'clip' }, [
      'text_model.encoder.layers.0.mlp.fc1.weight',
    ]);
    expect(role?.layer).toBe(0);
  });
});

it.each([
  ['backbone.layers.4.attn.qkv.weight', 4, 'attention'],
  ['encoder.layer.4.ffn.lin1.weight', 4, 'MLP'],
  ['net.blocks.2.norm2.weight', 2, 'LayerNorm'],
  ['net.blocks._orig_mod.2._orig_mod.norm2.weight', 2, 'LayerNorm'],
  ['gpt.h.2.ln_1.weight', 2, 'LayerNorm'],
  ['layers.0.mixer.conv1d.weight', 0, 'other'],
  ['tok_embeddings.weight', null, 'embeddings'],
  ['final_norm.weight', null, 'LayerNorm'],
  ['classifier.weight', null, 'head'],
  ['conv1.weight', null, 'other'],
])('an unknown architecture: %s is in layer %j, %s', (name, layer, component) => {
  expect(describeTensor(null, name)).toMatchObject({ layer, component, block: layer !== null });
});
