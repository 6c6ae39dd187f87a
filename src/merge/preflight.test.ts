import { describe, expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import {
  bertBackbone,
  clipOpen,
  clipTransformers,
  gpt2Backbone,
  indexOf,
  prefixed,
  robertaBackbone,
  robertaBase,
  robertaClassifier,
  vitBase,
  type Shapes,
} from '../test/modelShapes.ts';
import type { DType } from '../tensor/dtype.ts';
import type { CheckpointHeader } from './checkpointHeader.ts';
import { planTensors, preflight } from './preflight.ts';

const checkpoint = (
  name: string,
  architecture: string | null,
  shapes: Shapes,
  dtype: DType = 'F32',
  copies: string[] = [],
): CheckpointHeader => ({
  ...{ name, architecture, index: indexOf(shapes, dtype) },
  ties: { copies, told: null },
});

/** Parameters of twelve blocks of width 768: 12 × (12 × 768² + 13 × 768). */
const blockParameters = 85_054_464;

const base = checkpoint('roberta-base', 'roberta', robertaBase(), 'F32', [
  'lm_head.decoder.weight',
  'lm_head.decoder.bias',
]);
const sst2 = checkpoint('sst2', 'roberta', robertaClassifier(2));
const mnli = checkpoint('mnli', 'roberta', robertaClassifier(3));

describe('RoBERTa and its fine-tunes', () => {
  it('merge their blocks; embeddings and heads stay as in the base', () => {
    const report = preflight(base, [sst2, mnli], 'blocks');
    expect(report.architecture).toEqual({ id: 'roberta', label: 'RoBERTa' });
    expect(report.parameters.scope).toBe(blockParameters);
    const merged = report.tensors.filter(({ fate }) => fate === 'merged');
    expect(merged).toHaveLength(12 * 16);
    expect(merged.every(({ name }) => name.startsWith('roberta.encoder.layer.'))).toBe(true);
    const reasons = new Set(report.tensors.flatMap(({ reason }) => reason ?? []));
    expect([...reasons].sort()).toEqual(['out of scope (embeddings)', 'out of scope (head)']);
    expect(report.remarks.filter(({ kind }) => kind === 'note')).toEqual([]);
  });

  it('list what one has and the other has not, tied weights apart', () => {
    const [fit] = preflight(base, [sst2], 'blocks').models;
    expect(fit).toMatchObject({ name: 'sst2', prefix: null, matched: 197, refusal: null });
    expect(fit?.missing).toEqual([
      'lm_head.bias',
      'lm_head.dense.weight',
      'lm_head.dense.bias',
      'lm_head.layer_norm.weight',
      'lm_head.layer_norm.bias',
    ]);
    expect(fit?.tied).toEqual([]);
    expect(fit?.extra).toEqual([
      'classifier.dense.weight',
      'classifier.dense.bias',
      'classifier.out_proj.weight',
      'classifier.out_proj.bias',
    ]);
  });

  it('merge the embeddings too when the scope is all', () => {
    const report = preflight(base, [sst2, mnli], 'all');
    const embeddings = (50265 + 514 + 1) * 768 + 2 * 768;
    expect(report.parameters.scope).toBe(blockParameters + embeddings);
    const decoder = report.tensors.find(({ name }) => name === 'lm_head.decoder.weight');
    expect(decoder).toMatchObject({
      fate: 'copied',
      reason: 'tied to roberta.embeddings.word_embeddings.weight',
    });
  });

  it('count bytes of all files, and of the output', () => {
    const { bytes, parameters } = preflight(base, [sst2], 'blocks');
    // As transformers counts RobertaForMaskedLM: the decoder is the embeddings, and its bias that of the head.
    expect(parameters.total).toBe(124_697_433);
    expect(bytes.output).toBe(4 * (parameters.total + 50265 * 768 + 50265));
    const classifier = 768 * 768 + 768 + 2 * 768 + 2;
    const backbone = blockParameters + (50265 + 514 + 1) * 768 + 2 * 768;
    expect(bytes.inputs).toBe(bytes.output + 4 * (backbone + classifier));
  });

  it('may have heads of other sizes', () => {
    const [fit] = preflight(sst2, [mnli], 'all').models;
    expect(fit?.refusal).toBeNull();
    expect(fit?.shapeDiffers).toEqual([
      { name: 'classifier.out_proj.weight', base: [2, 768], model: [3, 768] },
      { name: 'classifier.out_proj.bias', base: [2], model: [3] },
    ]);
    const head = preflight(sst2, [mnli], 'all').tensors.at(-1);
    expect(head?.reason).toBe('[3] in mnli, [2] in the base');
  });

  it('may differ in dtype while both merge', () => {
    const half = checkpoint('half', 'roberta', robertaClassifier(2), 'BF16');
    const [fit] = preflight(sst2, [half], 'blocks').models;
    expect(fit?.refusal).toBeNull();
    expect(fit?.dtypeDiffers).toHaveLength(201);
    expect(fit?.dtypeDiffers[0]).toMatchObject({ base: 'F32', model: 'BF16' });
  });

  it('need no models to be looked at', () => {
    const report = preflight(base, [], 'blocks');
    expect(report.models).toEqual([]);
    expect(report.parameters.scope).toBe(blockParameters);
  });
});

describe('prefixes', () => {
  const bare = robertaBackbone();
  it.each([
    ['roberta.', '', prefixed('roberta.', bare), bare],
    ['', 'roberta.', bare, prefixed('roberta.', bare)],
    ['', 'module.', bare, prefixed('module.', bare)],
    ['roberta.', 'module.', prefixed('roberta.', bare), prefixed('module.', bare)],
    ['', 'module.model.', clipOpen(), prefixed('module.model.', clipOpen())],
    ['transformer.', '', prefixed('transformer.', gpt2Backbone()), gpt2Backbone()],
    ['', 'transformer.', gpt2Backbone(), prefixed('transformer.', gpt2Backbone())],
    ['', 'clip.', clipTransformers(), prefixed('clip.', clipTransformers())],
    // Of no wrapper that is known: the attribute of a training program.
    ['', 'net.', clipTransformers(), prefixed('net.', clipTransformers())],
    ['', 'state.net.', bare, prefixed('state.net.', bare)],
    ['roberta.', 'learner.', prefixed('roberta.', bare), prefixed('learner.', bare)],
  ])('are met by adding %j and removing %j', (add, remove, ours, theirs) => {
    const planned = planTensors(
      checkpoint('base', null, ours),
      [checkpoint('tune', null, theirs)],
      'all',
    );
    const [fit] = preflight(
      checkpoint('base', null, ours),
      [checkpoint('tune', null, theirs)],
      'all',
    ).models;
    expect(fit?.prefix).toEqual({ add, remove });
    expect(fit?.missing).toEqual([]);
    expect(fit?.extra).toEqual([]);
    const bareName = (name: string, prefix: string) => name.slice(prefix.length);
    for (const { tensor, models } of planned) {
      expect(bareName(models[0]?.name ?? '', remove)).toBe(bareName(tensor.name, add));
    }
  });

  it('leave heads that never had one in place', () => {
    const tune = { ...bare, 'lm_head.bias': [50265] };
    const [fit] = preflight(base, [checkpoint('tune', 'roberta', tune)], 'blocks').models;
    expect(fit?.prefix).toEqual({ add: 'roberta.', remove: '' });
    expect(fit?.missing).not.toContain('lm_head.bias');
    expect(fit?.extra).toEqual([]);
  });

  it('of two models in one file are those of neither', () => {
    const two = { ...prefixed('student.', bare), ...prefixed('teacher.', bare) };
    const [fit] = preflight(base, [checkpoint('tune', 'roberta', two)], 'blocks').models;
    expect(fit?.refusal).toMatch(/^tune cannot be merged with the base roberta-base/);
  });

  it('are not touched where names are equal', () => {
    const [fit] = preflight(base, [base], 'all').models;
    expect(fit?.prefix).toBeNull();
  });
});

describe('GPT-2', () => {
  const gpt2 = checkpoint('gpt2', 'gpt2', gpt2Backbone());

  it('merges without its causal masks, stored or not', () => {
    const tune = checkpoint('tune', 'gpt2', prefixed('transformer.', gpt2Backbone(false)));
    const report = preflight(gpt2, [tune], 'blocks');
    expect(report.models[0]).toMatchObject({ missing: [], extra: [], refusal: null });
    expect(report.parameters.scope).toBe(blockParameters);
    const mask = report.tensors.find(({ name }) => name === 'h.0.attn.bias');
    expect(mask).toMatchObject({ fate: 'copied', reason: 'a constant, not a parameter' });
  });

  it('takes a stored head that repeats the embeddings for tied, not for something extra', () => {
    const shapes = { ...prefixed('transformer.', gpt2Backbone()), 'lm_head.weight': [50257, 768] };
    const tune = checkpoint('tune', 'gpt2', shapes, 'F32', ['lm_head.weight']);
    const [fit] = preflight(gpt2, [tune], 'all').models;
    expect(fit?.tied).toEqual([{ name: 'lm_head.weight', to: 'wte.weight' }]);
    expect(fit?.extra).toEqual([]);
  });
});

describe('checkpoints that do not fit', () => {
  const refusal = (ours: CheckpointHeader, theirs: CheckpointHeader) =>
    preflight(ours, [theirs], 'all').models[0]?.refusal;

  it('are refused when their architectures differ, even with equal names', () => {
    const bert = checkpoint('bert', 'bert', bertBackbone());
    const roberta = checkpoint('roberta', 'roberta', robertaBackbone());
    expect(refusal(bert, roberta)).toBe(
      'roberta cannot be merged with the base bert: it is a RoBERTa model, the base a BERT model. Only in the base: pooler.dense.weight [768, 768] and pooler.dense.bias [768]; of other shapes: embeddings.position_embeddings.weight [514, 768] (base: [512, 768]) and embeddings.token_type_embeddings.weight [1, 768] (base: [2, 768]). Choose fine-tunes of one and the same base.',
    );
  });

  it('are refused when nothing is in common, with five names of each side', () => {
    const message = refusal(
      checkpoint('vit', null, { ...vitBase(), odd: [1, 2, 3] }),
      checkpoint('one', null, { 'other.w': [5, 7], 'other.b': [7] }),
    );
    expect(message).toMatch(
      /^one cannot be merged with the base vit: they have no tensor in common\. Only in the base: vit\.embeddings\.cls_token \[1, 1, 768\], /,
    );
    expect(message).toContain(`and ${1 + 4 + 12 * 16 + 4 - 5} more; only in the model: other.w`);
  });

  it('are told to have other names where shapes are the same', () => {
    const ours = { 'a.weight': [32, 8], 'a.bias': [32], 'norm.scale': [8], 'b.weight': [32, 8] };
    const theirs = { 'x.kernel': [32, 8], 'x.offset': [32], 'y.kernel': [32, 8], 'n.g': [8] };
    expect(refusal(checkpoint('ours', null, ours), checkpoint('theirs', null, theirs))).toBe(
      'theirs cannot be merged with the base ours: its tensors look like the base’s under other names. base: a.weight [32, 8] – model: x.kernel [32, 8], base: a.bias [32] – model: x.offset [32], base: norm.scale [8] – model: n.g [8] and base: b.weight [32, 8] – model: y.kernel [32, 8]. Convert one of them to the naming of the other, or choose fine-tunes of one and the same base.',
    );
  });

  it('are refused when a block tensor is missing or of another shape', () => {
    const shapes = robertaClassifier(2);
    delete shapes['roberta.encoder.layer.3.output.dense.bias'];
    shapes['roberta.encoder.layer.4.intermediate.dense.weight'] = [3072, 512];
    const message = refusal(base, checkpoint('odd', 'roberta', shapes));
    expect(message).toContain('roberta.encoder.layer.3.output.dense.bias [768]');
    expect(message).toContain(
      'roberta.encoder.layer.4.intermediate.dense.weight [3072, 512] (base: [3072, 768])',
    );
  });

  it('are told to be of another width, or quantized', () => {
    const wide = { 'layers.0.a.weight': [48, 16], 'layers.0.b.weight': [16, 48] };
    const ours = { 'layers.0.a.weight': [32, 8], 'layers.0.b.weight': [8, 32] };
    expect(refusal(checkpoint('ours', null, ours), checkpoint('wide', null, wide))).toBe(
      'wide cannot be merged with the base ours: it looks like a model of another width. layers.0.a.weight [48, 16] (base: [32, 8]) and layers.0.b.weight [16, 48] (base: [8, 32]). Choose fine-tunes of one and the same base.',
    );
    const odd = checkpoint('int8', 'roberta', robertaClassifier(2), 'I8');
    expect(refusal(sst2, odd)).toMatch(
      /^int8 .+ it looks quantized: its codes do not merge\. I8: roberta.+ and 196 more\. Dequantize it first/,
    );
  });

  it.each(['weight_g', 'parametrizations.weight.original0'])(
    'are told to have folded their weight norm, or that the base has, by %s',
    (length) => {
      const direction = length === 'weight_g' ? 'weight_v' : 'parametrizations.weight.original1';
      const apart = { [`up.${length}`]: [4, 1], [`up.${direction}`]: [4, 9], 'up.bias': [4] };
      const whole = { 'up.weight': [4, 9], 'up.bias': [4] };
      const [ours, theirs] = [checkpoint('a', null, apart), checkpoint('b', null, whole)];
      const says = (folded: string, other: string) =>
        `: ${folded} has folded its weight norm, and ${other} has not: the one has weight where the other has weight_g and weight_v, in up. Fold that of ${other} too: torch.nn.utils.remove_weight_norm(module) on each, or `;
      expect(refusal(ours, theirs)).toContain(
        `b cannot be merged with the base a${says('b', 'a')}`,
      );
      expect(refusal(theirs, ours)).toContain(
        `a cannot be merged with the base b${says('b', 'a')}`,
      );
      const rest = { 'head.weight': [90, 9] };
      const inside = {
        ...Object.fromEntries(Object.entries(whole).map(([n, s]) => [`module.${n}`, s])),
      };
      const [more, fewer] = [
        { ...apart, ...rest },
        { ...inside, 'module.head.weight': [90, 9] },
      ];
      const report = preflight(checkpoint('a', null, more), [checkpoint('b', null, fewer)], 'all');
      expect(report.models[0]?.refusal).toBeNull();
      expect(report.remarks.map(({ text }) => text)).toContainEqual(
        expect.stringMatching(
          /^b has folded its weight norm, and a has not: .*, in up: these do not merge\. Fold that of a too/,
        ),
      );
    },
  );

  it('are told to be adapters by names that only these have', () => {
    const lora = {
      'model.layers.0.q.lora_A.weight': [2, 4],
      'model.layers.0.q.lora_B.weight': [4, 2],
    };
    const ours = checkpoint('ours', null, { 'layers.0.q.weight': [4, 4] });
    expect(refusal(ours, checkpoint('lora', null, lora))).toContain('it looks like an adapter');
  });

  it('are refused when they are deeper than the base, or not as deep', () => {
    const six = checkpoint('six', 'roberta', robertaBackbone(6));
    const twelve = checkpoint('twelve', 'roberta', robertaBackbone(12));
    const says = (model: string, layers: number, other: number, base: string) =>
      `${model} cannot be merged with the base ${base}: it has ${layers} layers, the base ${other}. Choose fine-tunes of one and the same base.`;
    expect(refusal(six, twelve)).toBe(says('twelve', 12, 6, 'six'));
    expect(refusal(twelve, six)).toBe(says('six', 6, 12, 'twelve'));
  });

  it.each([
    [
      'zero cannot be merged: it holds',
      (ours: CheckpointHeader, zero: CheckpointHeader) => refusal(ours, zero),
      'the base has',
    ],
    [
      'The base zero cannot be merged: it holds',
      (ours: CheckpointHeader, zero: CheckpointHeader) => refusal(zero, ours),
      'the models have',
    ],
  ])('%s placeholders of a sharded optimiser', (begins, refusalIn, others) => {
    const shapes = robertaClassifier(2);
    const names = Object.keys(shapes).filter((name) => name.endsWith('dense.weight'));
    const emptied = { ...shapes, ...Object.fromEntries(names.map((name) => [name, [0]])) };
    const message = refusalIn(sst2, checkpoint('zero', 'roberta', emptied));
    expect(message).toContain(
      `${begins} 37 tensors without values where ${others} some: roberta.encoder.layer.0.attention.output.dense.weight`,
    );
    expect(message).toContain('DeepSpeed ZeRO-3');
  });

  it('of unknown architecture are refused when less than half of the weights meet', () => {
    const ours = checkpoint('ours', null, { 'a.w': [40], 'b.w': [60] });
    expect(refusal(ours, checkpoint('b', null, { 'b.w': [60], 'c.w': [9] }))).toBeNull();
    expect(refusal(ours, checkpoint('a', null, { 'a.w': [40], 'b.w': [61] }))).toBe(
      'a cannot be merged with the base ours: 1 tensor has another shape. b.w [61] (base: [60]). Choose fine-tunes of one and the same base.',
    );
  });

  it('leave the plan of the others as it is, and end the plan of a merge', () => {
    const gpt2 = checkpoint('gpt2', 'gpt2', gpt2Backbone());
    const report = preflight(base, [sst2, gpt2], 'blocks');
    expect(report.parameters.scope).toBe(blockParameters);
    let thrown: unknown;
    try {
      planTensors(base, [sst2, gpt2], 'blocks');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(AppError);
    expect(thrown).toMatchObject({
      kind: 'Incompatible',
      message: expect.stringMatching(
        /^gpt2 cannot be merged with the base roberta-base: it is a GPT-2/,
      ),
    });
  });

  it('may hold a text tower that a vision base lacks', () => {
    const vision = Object.fromEntries(
      Object.entries(clipTransformers()).filter(([name]) => name.startsWith('vision_model.')),
    );
    const ours = checkpoint('vision', 'clip', vision);
    expect(refusal(ours, checkpoint('clip', 'clip', clipTransformers()))).toBeNull();
  });
});

describe('the scope', () => {
  it('falls back to every floating tensor in common for an unknown architecture', () => {
    const ours = checkpoint('ours', null, { 'layers.0.w': [4], 'embed.w': [8], 'head.w': [2] });
    const theirs = checkpoint('theirs', null, { 'layers.0.w': [4], 'embed.w': [8], 'head.w': [3] });
    const report = preflight(ours, [theirs], 'blocks');
    expect(report.tensors.map(({ fate }) => fate)).toEqual(['merged', 'merged', 'copied']);
  });

  it('copies dtypes that do not merge', () => {
    const ids = checkpoint('ids', null, { ids: [4] }, 'I64');
    const report = preflight(ids, [ids], 'all');
    expect(report.tensors[0]).toMatchObject({ fate: 'copied', reason: 'I64 values do not merge' });
    expect(report.remarks.flatMap(({ kind, text }) => (kind === 'note' ? text : []))).toEqual([
      'No tensor is in scope: every weight stays as in the base.',
    ]);
  });

  it('asks whether a name near to a pattern was meant', () => {
    const report = preflight(base, [sst2], { include: ['roberta.encodr.layer.1'] });
    expect(report.remarks.flatMap(({ kind, text }) => (kind === 'note' ? text : []))[0]).toBe(
      'The scope\'s pattern "roberta.encodr.layer.1" names no tensor of roberta-base. Did you mean "roberta.encoder.layer.1"?',
    );
  });

  it('may be given by patterns, and says which of them name nothing', () => {
    const scope = {
      include: ['roberta.encoder.layer.11', '*.word_embeddings.*', 'decoder.*'],
      exclude: ['*.bias'],
    };
    const report = preflight(base, [sst2], scope);
    const merged = report.tensors.filter(({ fate }) => fate === 'merged').map(({ name }) => name);
    expect(merged).toHaveLength(1 + 8);
    expect(merged[0]).toBe('roberta.embeddings.word_embeddings.weight');
    const reasonOf = (name: string) => report.tensors.find((each) => each.name === name)?.reason;
    expect(reasonOf('roberta.encoder.layer.11.output.dense.bias')).toBe(
      "excluded by the scope's pattern *.bias",
    );
    expect(reasonOf('roberta.encoder.layer.1.output.dense.weight')).toBe(
      "not included by the scope's patterns",
    );
    expect(report.remarks.flatMap(({ kind, text }) => (kind === 'note' ? text : []))).toEqual([
      'The scope\'s pattern "decoder.*" names no tensor of roberta-base. Patterns are tensor names with * and ?, or the first parts of names.',
    ]);
  });

  it('meets a tied tensor under the other of its names', () => {
    const block = { 'encoder.block.0.layer.0.SelfAttention.q.weight': [4, 4] };
    const ours = checkpoint('ours', 't5', { ...block, 'shared.weight': [8, 4] });
    const apart = { 'encoder.embed_tokens.weight': [8, 4], 'decoder.embed_tokens.weight': [8, 4] };
    const copies = ['decoder.embed_tokens.weight'];
    const theirs = checkpoint('theirs', 't5', { ...block, ...apart }, 'F32', copies);
    const shared = ({ tensors }: ReturnType<typeof preflight>) =>
      tensors.filter(({ name }) => !name.includes('block')).map(({ name, fate }) => [name, fate]);
    const report = preflight(ours, [theirs], 'all');
    expect(shared(report)).toEqual([['shared.weight', 'merged']]);
    expect(report.models[0]).toMatchObject({ missing: [], renamed: ['shared.weight'] });
    const [, one] = Object.keys(apart);
    const odd = checkpoint('odd', 't5', { ...block, [one!]: [8, 4] });
    expect(shared(preflight(odd, [ours], 'all'))).toEqual([[one, 'merged']]);
  });

  it('takes other spellings for the same tensors, and says so', () => {
    const ours = checkpoint('ours', null, {
      'h.0.norm.gamma': [4],
      'h.0.norm.beta': [4],
      'h.0.w': [8],
    });
    const theirs = checkpoint('theirs', null, {
      ...{ 'module.h.0._orig_mod.norm.weight': [4], 'module.h.0._orig_mod.norm.bias': [4] },
      'module.h.0.w': [8],
    });
    const report = preflight(ours, [theirs], 'all');
    expect(report.tensors.map(({ name, fate }) => [name, fate])).toEqual([
      ['h.0.norm.gamma', 'merged'],
      ['h.0.norm.beta', 'merged'],
      ['h.0.w', 'merged'],
    ]);
    expect(report.models[0]?.prefix).toEqual({ add: '', remove: 'module.' });
    expect(report.remarks).toEqual([
      {
        kind: 'renamed',
        text: 'theirs: 2 tensors go by another name there and merge: h.0.norm.gamma and h.0.norm.beta.',
        tensors: ['h.0.norm.gamma', 'h.0.norm.beta'],
      },
    ]);
  });

  it('merges a tensor only when every model has it, and says who has not', () => {
    const ours = checkpoint('ours', null, { a: [10], b: [1] });
    const one = checkpoint('one', null, { a: [10], b: [1] });
    const two = checkpoint('two', null, { a: [10] });
    const three = checkpoint('three', null, { a: [10], b: [2] });
    const [a, b] = preflight(ours, [one, two, three], 'all').tensors;
    expect(a?.fate).toBe('merged');
    expect(b?.reason).toBe('missing in two; [2] in three, [1] in the base');
  });
});
