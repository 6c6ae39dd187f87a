import { expect, it } from 'vitest';
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
import { architectureOf, architectures, identifyArchitecture } from './registry.ts';

const identify = (shapes: Shapes, modelType: string | null = null) =>
  identifyArchitecture(modelType, indexOf(shapes).tensors);

/** With a wrapper inside names, where torch.compile, FSDP and the like put theirs. */
const infixed = (after: string, wrapper: string, shapes: Shapes): Shapes =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name.replace(after, after + wrapper), shape]),
  );

const count = (shapes: Shapes) =>
  Object.values(shapes).reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);

it('tests on models of the published sizes', () => {
  expect(count({ ...robertaBackbone(), 'pooler.weight': [768, 768], 'pooler.bias': [768] })).toBe(
    124_645_632,
  );
  expect(count(bertBackbone())).toBe(109_482_240);
  expect(count(gpt2Backbone(false))).toBe(124_439_808);
  expect(count(clipTransformers())).toBe(151_277_313);
  expect(count(clipOpen())).toBe(151_277_313);
  expect(count(vitBase())).toBe(86_567_656);
  expect(count(vitTimm())).toBe(86_567_656);
});

it.each([
  ['roberta', robertaBase()],
  ['roberta', robertaClassifier(2)],
  ['roberta', robertaBackbone()],
  ['roberta', prefixed('module.', robertaClassifier(2))],
  ['bert', bertBackbone()],
  ['bert', prefixed('bert.', bertBackbone())],
  ['gpt2', gpt2Backbone()],
  ['gpt2', prefixed('transformer.', gpt2Backbone(false))],
  ['clip', clipTransformers()],
  ['clip', clipOpen()],
  ['clip', prefixed('model.', clipOpen())],
  ['vit', vitBase()],
  ['vit', vitTimm()],
  ['llama', llamaSmall()],
  ['t5', t5Small()],
  ['t5', prefixed('transformer.', t5Small())],
  ['roberta', infixed('encoder.', '_orig_mod.', robertaClassifier(2))],
  ['clip', infixed('layers.0.', '_checkpoint_wrapped_module.', clipTransformers())],
])('tells %s from names alone', (id, shapes) => {
  expect(identify(shapes)).toBe(id);
});

it('tells the towers of CLIP alone', () => {
  const tower = (ending: string) =>
    Object.fromEntries(
      Object.entries(clipTransformers()).filter(([name]) => name.startsWith(ending)),
    );
  expect(identify(tower('vision_model.'))).toBe('clip');
  expect(identify(tower('text_model.'))).toBe('clip');
});

it('goes by model_type before names', () => {
  expect(identify(robertaBackbone(), 'bert')).toBe('bert');
  expect(identify(robertaBackbone(), 'camembert')).toBe('roberta');
  expect(identify(llamaSmall(), 'mistral')).toBe('llama');
});

it('leaves models of another model_type unknown', () => {
  expect(identify(bertBackbone(), 'electra')).toBeNull();
});

it('does not believe a model_type that the tensors belie', () => {
  expect(identify(gpt2Backbone(), 'roberta')).toBe('gpt2');
  expect(identify({ 'conv.weight': [3, 3] }, 'roberta')).toBeNull();
});

it('leaves BERT and RoBERTa apart from neither when nothing tells them', () => {
  const shapes = { ...robertaBackbone() };
  delete shapes['embeddings.token_type_embeddings.weight'];
  expect(identify(shapes)).toBeNull();
});

it('knows no architecture in an empty checkpoint', () => {
  expect(identify({})).toBeNull();
});

it('finds every architecture by its id, and no other', () => {
  for (const [key, architecture] of Object.entries(architectures)) {
    expect(architecture.id).toBe(key);
    expect(architectureOf(key)).toBe(architecture);
  }
  expect(architectureOf('constructor')).toBeNull();
  expect(architectureOf(null)).toBeNull();
});
