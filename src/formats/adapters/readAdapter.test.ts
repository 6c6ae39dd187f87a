import { describe, expect, it } from 'vitest';
import type { DType } from '../../tensor/dtype.ts';
import { parseStrictJson } from '../strictJson.ts';
import { readPartConfigs, readPeftConfig } from './peftConfig.ts';
import { baseWeights, isAdapter, readAdapter } from './readAdapter.ts';

const tensor = (name: string, shape: number[] = [2, 2], dtype: DType = 'F32') => ({
  ...{ name, shape, dtype },
  ...{ file: 0, start: 0, end: 0 },
});

const json = (value: object) =>
  parseStrictJson(new TextEncoder().encode(JSON.stringify(value)), { what: '', remedy: '' });
const config = (value: object) => readPeftConfig(json(value));

const pair = (module: string, rank = 2) => [
  tensor(`base_model.model.${module}.lora_A.weight`, [rank, 3]),
  tensor(`base_model.model.${module}.lora_B.weight`, [4, rank]),
];

const lora = { peft_type: 'LORA', lora_alpha: 8 };

describe('an adapter', () => {
  it('is told from a model by the names of its tensors', () => {
    expect(isAdapter(pair('q'))).toBe(true);
    expect(isAdapter([tensor('lora_unet_q.lora_down.weight')])).toBe(true);
    expect(isAdapter([tensor('q.weight'), tensor('prelu.alpha')])).toBe(false);
  });

  it('has its alpha by the first pattern that its module matches', () => {
    const settings = config({ ...lora, alpha_pattern: { '1.v': 3, v: 5 } });
    const tensors = ['a.1.v', 'a.11.v', 'a.1.q'].flatMap((module) => pair(module));
    const { changes } = readAdapter('x', tensors, settings);
    expect(changes.map((change) => change.kind === 'product' && change.alpha)).toEqual([3, 5, 8]);
  });

  it('is read with the configuration that its refusal says to write', () => {
    const { changes } = readAdapter('x', pair('q'), config({ peft_type: 'LORA', lora_alpha: 5 }));
    expect(changes).toMatchObject([{ kind: 'product', module: 'q', alpha: 5 }]);
  });

  it('is refused where its patterns take too long', { timeout: 20_000 }, () => {
    const settings = config({ ...lora, alpha_pattern: { '(.*a){20}b': 3 } });
    const tensors = Array.from({ length: 100 }, (_, i) => pair(`${'a'.repeat(5000)}${i}`)).flat();
    expect(() => readAdapter('x', tensors, settings)).toThrow(
      'x has alpha_pattern keys that take too long to match. Merge it into its base with PEFT',
    );
  });

  it('has the alpha that diffusers writes into metadata, part by part', () => {
    const said = { 'unet.lora_alpha': 16, 'unet.r': 4, 'unet.use_rslora': true, 'unet.bias': null };
    const parts = readPartConfigs(json({ ...said, 'text_encoder.lora_alpha': 3 }));
    const tensors = ['unet.q', 'text_encoder.q', 'vae.q'].flatMap((module) =>
      pair(module).map((each) => ({ ...each, name: each.name.replace('base_model.model.', '') })),
    );
    const { changes, form } = readAdapter('x', tensors, null, parts);
    expect(form).toBe('diffusers');
    expect(
      changes.map((change) => change.kind === 'product' && [change.alpha, change.rooted]),
    ).toEqual([
      [16, true],
      [3, undefined],
      [undefined, undefined],
    ]);
    expect(readPartConfigs(json({ 'unet.r': 4, r: 2 })).size).toBe(0);
  });

  it('may have its base’s embeddings with it, as PEFT saves them', () => {
    const embedding = [
      tensor('base_model.model.embed.lora_embedding_A', [2, 9]),
      tensor('base_model.model.embed.lora_embedding_B', [4, 2]),
    ];
    const own = tensor('base_model.model.embed.base_layer.weight', [9, 4]);
    const { changes } = readAdapter('x', [...embedding, own, ...pair('q')], config(lora));
    expect(changes.map(({ kind, module }) => [kind, module])).toEqual([
      ['product', 'embed'],
      ['product', 'q'],
    ]);
    expect(baseWeights([...embedding, own])).toEqual([own]);
    expect(baseWeights([own])).toEqual([]);
  });

  it('takes what is saved whole by the name that the base has for it', () => {
    const whole = [
      'base_model.model.score.modules_to_save.default.weight',
      'base_model.model.score.original_module.weight',
      'base_model.model.q.base_layer.bias',
    ];
    const { changes } = readAdapter(
      'x',
      [...pair('q'), ...whole.map((name) => tensor(name))],
      config(lora),
    );
    expect(changes.map(({ kind, module }) => [kind, module])).toEqual([
      ['product', 'q'],
      ['whole', 'score.weight'],
      ['whole', 'q.bias'],
    ]);
  });

  const merge = 'Merge it into its base with PEFT: model.merge_and_unload(), then save_pretrained.';
  it.each([
    [
      'of another kind',
      [tensor('q.hada_w1_a')],
      null,
      `x is LoHa, an adapter that Stitchwork does not read; LoRA it does. ${merge}`,
    ],
    [
      'of another kind of PEFT',
      pair('q'),
      { peft_type: 'ADALORA' },
      `x is an adapter of PEFT’s kind ADALORA; Stitchwork reads LORA. ${merge}`,
    ],
    [
      'that changed its base',
      pair('q'),
      { ...lora, init_lora_weights: 'pissa_niter_4' },
      `x was begun by pissa_niter_4, which takes its start out of the base, so that it does not fit the base itself. ${merge}`,
    ],
    [
      'by patterns that Python alone reads',
      pair('q'),
      { ...lora, alpha_pattern: { '(?<=a)q': 3 } },
      `x has the alpha_pattern "(?<=a)q", which Stitchwork does not read. ${merge}`,
    ],
    [
      'without its configuration',
      pair('q'),
      null,
      'x is a LoRA adapter without its adapter_config.json, which tells alpha. Add that file beside it; where it is lost, write it with the alpha of the training: {"peft_type": "LORA", "lora_alpha": ALPHA}.',
    ],
    [
      'with its base around it',
      [...pair('q'), tensor('base_model.model.q.base_layer.weight')],
      null,
      `x holds a base and an adapter that was not merged into it, and not its alpha. ${merge}`,
    ],
    [
      'beside another in one file',
      ['one', 'two'].flatMap((name) =>
        pair('q').map((each) => ({
          ...each,
          name: each.name.replace('.weight', `.${name}.weight`),
        })),
      ),
      lora,
      'x holds several adapters of the same modules: base_model.model.q.lora_A.two.weight and base_model.model.q.lora_B.two.weight. Save each by itself with PEFT: save_pretrained.',
    ],
    [
      'with more than its two matrices',
      [...pair('q'), tensor('base_model.model.q.lora_diag')],
      lora,
      `x holds what is of no LoRA that Stitchwork reads: base_model.model.q.lora_diag. ${merge}`,
    ],
    [
      'of bare parameters',
      pair('experts'),
      { ...lora, target_parameters: ['experts.gate_up_proj'] },
      `x has target_parameters set, which Stitchwork does not read. ${merge}`,
    ],
    [
      'of a kind that its configuration alone tells',
      [tensor('q.hra_u')],
      { peft_type: 'HRA' },
      `x is an adapter of PEFT’s kind HRA; Stitchwork reads LORA. ${merge}`,
    ],
    [
      'of one matrix',
      pair('q').slice(1),
      lora,
      'x holds only one of the two matrices of q. Save the adapter again.',
    ],
    [
      'of matrices that do not fit',
      [...pair('q').slice(1), tensor('base_model.model.q.lora_A.weight', [5, 3])],
      lora,
      'x holds base_model.model.q.lora_B.weight [4, 2] and base_model.model.q.lora_A.weight [5, 3], whose product is no weight. Save the adapter again.',
    ],
    [
      'of an absurd rank',
      pair('q', 5000),
      lora,
      'x has rank 5000 in q, over 4096. Save the adapter again.',
    ],
  ] as const)('%s is refused with what to do', (_, tensors, settings, message) => {
    expect(() => readAdapter('x', tensors, settings && config(settings))).toThrow(message);
  });
});
