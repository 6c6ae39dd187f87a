import { expect, it } from 'vitest';
import type { ModelFit } from '../api/preflight.ts';
import type { DType } from '../tensor/dtype.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import {
  remarksOnCodes,
  remarksOnDtypes,
  remarksOnFits,
  remarksOnRange,
  remarksOnRows,
  remarksOnValues,
} from './remarks.ts';

const fit: ModelFit = {
  ...{
    name: 'sst2',
    matched: 10,
    prefix: null,
    renamed: [],
    missing: [],
    extra: [],
    rowsDiffer: [],
    shapeDiffers: [],
  },
  ...{ dtypeDiffers: [], tied: [], refusal: null },
};

const texts = (remarks: readonly { text: string }[]) => remarks.map(({ text }) => text);

it('says nothing of a model that fits in every tensor', () => {
  expect(remarksOnFits([fit])).toEqual([]);
});

it('says what stays as in the base and what is left out, with names', () => {
  const odd = { ...fit, missing: ['lm_head.bias'], extra: ['a', 'b'] };
  const shapes = [1, 2, 3, 4, 5].map((i) => ({ name: `w${i}`, base: [2], model: [3] }));
  const found = remarksOnFits([odd, { ...fit, name: 'cola', shapeDiffers: shapes }]);
  expect(texts(found)).toEqual([
    'sst2: 1 tensor missing there stays as in the base: lm_head.bias.',
    'sst2: 2 tensors found only there are left out: a and b.',
    'cola: 5 tensors of another shape there stay as in the base: w1, w2, w3 and 2 more.',
  ]);
  expect(found[2]).toMatchObject({ kind: 'other shape', tensors: ['w1', 'w2', 'w3', 'w4', 'w5'] });
});

it('says what repeats another and is not read', () => {
  const tied = [{ name: 'lm_head.weight', to: 'wte.weight' }];
  expect(texts(remarksOnFits([{ ...fit, tied }]))).toEqual([
    'sst2: 1 tensor of the same values as wte.weight is not read: lm_head.weight.',
  ]);
});

it('leaves a refused model to its refusal', () => {
  expect(remarksOnFits([{ ...fit, missing: ['x'], refusal: 'another model' }])).toEqual([]);
});

it('tells checkpoints that are quantized alike together', () => {
  const scale = { name: 's', dtype: 'F32', shape: [1], file: 0, start: 8, end: 12 } as const;
  const codes = { dtype: 'I8', scale, block: [2, 2], divisor: 127 } as const;
  const checkpoint = (name: string, coded: readonly string[]) => ({
    name,
    index: {
      ...{ files: [], metadata: {} },
      tensors: ['a', 'b'].map((each) => ({
        ...{ name: each, dtype: 'F32' as const, shape: [2, 2], file: 0, start: 0, end: 4 },
        ...(coded.includes(each) && { codes }),
      })),
    },
  });
  const found = remarksOnCodes([
    ...[checkpoint('base', ['a', 'b']), checkpoint('one', []), checkpoint('two', ['a', 'b'])],
    checkpoint('three', ['a']),
  ]);
  expect(texts(found)).toEqual([
    'base and two: 2 tensors of each stored as I8 with scales are dequantized to float32: a and b.',
    'three: 1 tensor stored as I8 with scales is dequantized to float32: a.',
  ]);
});

it('tells values that are not finite from those that the output cannot hold', () => {
  const tensors = [
    { name: 'a', dtype: 'F16', inputs: [0, 1, 0], output: 1 },
    { name: 'b', dtype: 'F16', inputs: [], output: 12 },
  ] as const;
  const found = remarksOnValues(tensors, ['base', 'one', 'two']);
  expect(texts(found)).toEqual([
    'one has 1 value that is NaN or infinite, in 1 tensor: a.',
    'The output has 1 value that is NaN or infinite, in 1 tensor: a.',
    'The output has 12 values that are too large for F16 and became infinite or NaN, in 1 tensor: b. Write bfloat16 or float32 instead.',
  ]);
  expect(found.map(({ kind }) => kind)).toEqual(['not finite', 'not finite', 'too large']);
});

it('warns of dtypes that hold less than what is read', () => {
  expect(remarksOnRange(new Set(['F16']), new Set(['F16', 'I64']))).toEqual([]);
  expect(remarksOnRange(new Set(['F32']), new Set(['F32']))).toEqual([]);
  expect(texts(remarksOnRange(new Set(['F16']), new Set(['BF16'])))).toEqual([
    'F16 holds no values beyond 65,504. Larger ones would become infinite or NaN; the result counts them.',
  ]);
});

it('tells rows that merge, that stay and that only models have', () => {
  const rows = (base: number, model: number) =>
    ['lm_head.weight', 'wte.weight'].map((name) => ({ name, base, model }));
  const wide = { ...fit, name: 'wide', rowsDiffer: rows(32_000, 32_004) };
  const narrow = { ...fit, name: 'narrow', rowsDiffer: rows(32_000, 31_000) };
  const [found] = remarksOnRows('base', [wide, fit, narrow], false);
  expect(found).toEqual({
    kind: 'rows',
    tensors: ['lm_head.weight', 'wte.weight'],
    text: '2 tensors differ in rows, 32,000 in base and sst2, 32,004 in wide, 31,000 in narrow: the first 31,000 merge; the base’s other 1,000 stay as they are; those beyond 32,000 are left out, “rows: all” keeps them: lm_head.weight and wte.weight.',
  });
  expect(texts(remarksOnRows('base', [wide], true))).toEqual([
    '2 tensors differ in rows, 32,000 in base, 32,004 in wide: the first 32,000 merge; those beyond 32,000 are the mean of the models that have them; vocab_size follows, and the tokenizer is that of wide where it came with one: lm_head.weight and wte.weight.',
  ]);
  expect(remarksOnRows('base', [fit], false)).toEqual([]);
});

it('weights of dtypes that do not merge are told, counters and masks are not', () => {
  const of = (name: string, dtype: DType): TensorInfo => ({
    ...{ name, dtype, shape: [2, 2], file: 0, start: 0, end: 0 },
  });
  const [full, codes] = [of('w', 'F32'), of('w', 'I8')];
  const found = remarksOnDtypes([
    { tensor: full, models: [full, codes] },
    { tensor: of('kernel', 'C64'), models: [of('kernel', 'C64'), null] },
    { tensor: of('steps', 'I64'), models: [of('steps', 'I64'), null] },
    { tensor: of('mask', 'BOOL'), models: [of('mask', 'U8'), null] },
    { tensor: of('v', 'F32'), models: [null, of('v', 'BF16')] },
  ]);
  expect(found).toEqual([
    {
      kind: 'other dtype',
      text: '2 tensors of I8 and C64 values, which do not merge, stay as in the base: w and kernel.',
      tensors: ['w', 'kernel'],
    },
  ]);
  expect(remarksOnDtypes([])).toEqual([]);
});

it('values beyond the output dtype are told beside those that a model has', () => {
  const odd = (output: number) => [{ name: 'w', dtype: 'F16' as const, inputs: [0, 2], output }];
  expect(texts(remarksOnValues(odd(3), ['base', 'one']))[1]).toBe(
    'The output has 3 values that are NaN or infinite, in 1 tensor: w. Some may be too large for F16 alone.',
  );
  expect(texts(remarksOnValues(odd(2), ['base', 'one']))[1]).toBe(
    'The output has 2 values that are NaN or infinite, in 1 tensor: w.',
  );
});
