import { expect, test } from 'vitest';
import type { Ties } from '../formats/checkpoint.ts';
import { indexOf, type Shapes } from '../test/modelShapes.ts';
import type { CheckpointHeader } from './checkpointHeader.ts';
import { planTensors, preflight } from './preflight.ts';

const block: Shapes = { 'model.layers.0.mlp.gate_proj.weight': [6, 4] };
const embedding: Shapes = { 'model.embed_tokens.weight': [8, 4] };
const head: Shapes = { 'lm_head.weight': [8, 4] };

const llama = (name: string, shapes: Shapes, ties: Partial<Ties> = {}): CheckpointHeader => ({
  ...{ name, architecture: 'llama', index: indexOf({ ...block, ...shapes }, 'F32') },
  ties: { copies: [], told: null, ...ties },
});

/** Fates of all tensors outside the blocks, with the model's tensors that they merge with. */
function fatesOf(
  base: CheckpointHeader,
  models: CheckpointHeader[],
  scope: Parameters<typeof preflight>[2] = 'all',
) {
  return planTensors(base, models, scope)
    .filter(({ tensor }) => !tensor.name.includes('layers'))
    .map(({ tensor, fate, models, untied = false, follows = null }) => [
      ...[tensor.name, fate, models.map((each) => each?.name ?? null)],
      ...(untied ? ['untied'] : []),
      ...(follows === null ? [] : [follows]),
    ]);
}

const remarksOf = (base: CheckpointHeader, models: CheckpointHeader[]) =>
  preflight(base, models, 'all').remarks.map(({ kind, tensors }) => [kind, ...tensors]);

const tied = llama('tied', embedding, { told: true });
const twice = llama('twice', { ...head, ...embedding }, { copies: ['lm_head.weight'], told: true });
const own = llama('own', { ...head, ...embedding }, { told: false });
const [words, out] = ['model.embed_tokens.weight', 'lm_head.weight'];

test('heads that repeat the embeddings everywhere are written as these are', () => {
  expect(fatesOf(tied, [twice, tied])).toEqual([[words, 'merged', [words, words]]]);
  expect(fatesOf(twice, [twice, tied])).toEqual([
    [out, 'copied', [out, words], words],
    [words, 'merged', [words, words]],
  ]);
  expect(remarksOf(tied, [twice, tied])).toEqual([['tied', out]]);
  expect(remarksOf(twice, [tied])).toEqual([]);
});

test('a head that one fine-tune has of its own merges, and embeddings stand for those of the others', () => {
  const fates = [
    [words, 'merged', [words, words, words]],
    [out, 'merged', [out, out, words], 'untied'],
  ];
  expect(fatesOf(tied, [own, twice, tied])).toEqual(fates);
  expect(fatesOf(twice, [own, twice, tied]).toReversed()).toEqual(fates);
  const { remarks, parameters } = preflight(tied, [own, tied], 'all');
  expect(remarks).toEqual([
    {
      kind: 'untied',
      tensors: [out],
      text: `${out} differs from ${words} in own: it merges by itself, and where it is not stored ${words} stands for it. In tied they are one, in the output they are not, and patches are without it.`,
    },
  ]);
  expect(parameters).toEqual({ total: 24 + 32 + 32, scope: 24 + 32 + 32 });
});

test('that an untied T5 is not scaled is told', () => {
  const [shared, head] = ['shared.weight', 'lm_head.weight'];
  const t5 = (name: string, shapes: Shapes): CheckpointHeader => ({
    ...llama(name, shapes),
    architecture: 't5',
    index: indexOf(shapes, 'F32'),
  });
  const models = [t5('own', { [shared]: [8, 4], [head]: [8, 4] })];
  const { remarks } = preflight(t5('tied', { [shared]: [8, 4] }), models, 'all');
  expect(remarks.map(({ text }) => text)).toEqual([expect.stringContaining('d_model^-0.5')]);
});

test('the added head lies where the embeddings of the base lie, under its own name', () => {
  const wrapped = llama('wrapped', { 'module.model.embed_tokens.weight': [8, 4] });
  const added = planTensors(wrapped, [own], 'all').at(-1);
  const { start, end } = wrapped.index.tensors.at(-1)!;
  expect(added?.tensor).toMatchObject({ name: 'module.lm_head.weight', start, end, shape: [8, 4] });
});

test('what no one compared counts as different', () => {
  const { ties: _, ...unknown } = twice;
  expect(fatesOf(tied, [unknown])).toHaveLength(2);
  expect(fatesOf(unknown, [llama('other', embedding)])[0]).toEqual([out, 'copied', [null]]);
});

test('embeddings do not stand for the head of a model that is headless', () => {
  const headless = llama('headless', embedding, { told: false });
  expect(fatesOf(tied, [own, headless])).toEqual([[words, 'merged', [words, words]]]);
  expect(remarksOf(tied, [own, headless])).toEqual([['only there', out]]);
  expect(fatesOf(headless, [own])).toEqual([[words, 'merged', [words]]]);
  // Of a base with a head of its own a fine-tune without one is a classifier, unless it says that it is tied.
  const classifier = llama('classifier', { ...embedding, 'score.weight': [2, 4] });
  expect(fatesOf(own, [classifier])[0]).toEqual([out, 'copied', [null]]);
  expect(remarksOf(own, [classifier])[0]).toEqual(['missing', out]);
  expect(fatesOf(own, [tied])[0]).toEqual([out, 'merged', [words]]);
});

test('rows that are asked for and that no model has are told', () => {
  const wide = llama('wide', { 'model.embed_tokens.weight': [9, 4] }, { told: true });
  const notes = (model: CheckpointHeader, scope: 'all' | 'blocks') =>
    preflight(tied, [model], scope, 'all').remarks.map(({ kind }) => kind);
  expect(notes(wide, 'all')).toEqual(['rows']);
  expect(notes(wide, 'blocks')).toEqual(['other shape', 'note']);
  expect(notes(tied, 'all')).toEqual(['note']);
});

test('a class head, positions and widths of other sizes stay the base’s', () => {
  const shapes: Shapes = {
    ...{ 'score.weight': [2, 4], 'model.embed_positions.weight': [8, 4], 'lm_head.weight': [8, 4] },
  };
  const other: Shapes = {
    ...{ 'score.weight': [3, 4], 'model.embed_positions.weight': [9, 4], 'lm_head.weight': [9, 5] },
  };
  const fates = fatesOf(llama('a', shapes), [llama('b', other)]).map(([, fate]) => fate);
  expect(fates).toEqual(['copied', 'copied', 'copied']);
});

test('a head out of scope stays tied', () => {
  const scope = { exclude: ['lm_head'] };
  expect(fatesOf(tied, [own], scope)).toEqual([[words, 'merged', [words]]]);
  expect(fatesOf(tied, [own], 'blocks')).toEqual([[words, 'copied', [words]]]);
});

test('models of unknown architecture are tied in the usual names', () => {
  const bart = (name: string, shapes: Shapes, copies: string[] = []): CheckpointHeader => ({
    ...{ name, architecture: null, index: indexOf(shapes, 'F32') },
    ties: { copies, told: null },
  });
  const shared: Shapes = { 'model.shared.weight': [8, 4] };
  const both: Shapes = {
    'model.encoder.embed_tokens.weight': [8, 4],
    'model.decoder.embed_tokens.weight': [8, 4],
  };
  const copies = ['model.decoder.embed_tokens.weight'];
  const one = 'model.encoder.embed_tokens.weight';
  expect(fatesOf(bart('a', shared), [bart('b', both, copies)])).toEqual([
    ['model.shared.weight', 'merged', [one]],
  ]);
  expect(fatesOf(bart('a', both, copies), [bart('b', shared)])).toEqual([
    [one, 'merged', ['model.shared.weight']],
    [copies[0], 'copied', ['model.shared.weight'], one],
  ]);
  const falcon = { 'transformer.word_embeddings.weight': [8, 4] };
  expect(fatesOf(bart('a', falcon), [bart('b', { ...falcon, ...head })])).toHaveLength(2);
});

test.each([
  ['proj_out.weight', 'model.decoder.embed_tokens.weight'],
  ['generator_lm_head.weight', 'electra.embeddings.word_embeddings.weight'],
  ['lm_loss.weight', 'transformer.word_embedding.weight'],
  ['pred_layer.proj.weight', 'transformer.embeddings.weight'],
])('%s is %s where nothing else is stored', (head, embedding) => {
  const of = (name: string, shapes: Shapes, copies: string[]): CheckpointHeader => ({
    ...{ name, architecture: null, index: indexOf({ ...block, ...shapes }, 'F32') },
    ties: { copies, told: null },
  });
  const both = of('both', { [embedding]: [8, 4], [head]: [8, 4] }, [head]);
  const one = of('one', { [embedding]: [8, 4] }, []);
  expect(fatesOf(both, [one])).toEqual([
    [embedding, 'merged', [embedding]],
    [head, 'copied', [embedding], embedding],
  ]);
  expect(remarksOf(both, [one])).toEqual([]);
});
