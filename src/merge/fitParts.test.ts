import { describe, expect, it } from 'vitest';
import type { DType } from '../tensor/dtype.ts';
import { countElements, type TensorInfo } from '../tensor/tensorIndex.ts';
import type { CheckpointHeader } from './checkpointHeader.ts';
import { planTensors, preflight } from './preflight.ts';

type Shapes = Record<string, readonly number[]>;

const encoder: Shapes = {
  'embeddings.word_embeddings.weight': [9, 4],
  'encoder.layer.0.attention.self.query.weight': [4, 4],
};
const dense: Shapes = { 'linear.weight': [3, 4], 'linear.bias': [3] };

/** A checkpoint of parts, by their paths. */
function header(
  name: string,
  parts: Record<string, [architecture: string | null, shapes: Shapes]>,
  dtype: DType = 'F32',
): CheckpointHeader {
  let end = 0;
  const tensors = Object.entries(parts).flatMap(([path, [, shapes]], file) =>
    Object.entries(shapes).map(([own, shape]): TensorInfo => {
      const start = end;
      end += countElements({ shape }) * 4;
      return { name: path === '' ? own : `${path}/${own}`, dtype, shape, file, start, end };
    }),
  );
  return {
    name,
    index: {
      files: Object.keys(parts).map((each) => ({ name: each, bytes: end })),
      tensors,
      metadata: {},
    },
    architecture: parts['']?.[0] ?? null,
    parts: Object.entries(parts).map(([path, [architecture]]) => ({ path, architecture })),
  };
}

const base = header('base', { '': ['bert', encoder], '2_Dense': [null, dense] });
const plain = (each: CheckpointHeader): CheckpointHeader => {
  const { parts: _, ...rest } = each;
  return rest;
};
const merged = (of: ReturnType<typeof preflight>) =>
  of.tensors.filter(({ fate }) => fate === 'merged').map(({ name }) => name);
const told = (of: ReturnType<typeof preflight>) => of.remarks.map(({ text }) => text);

describe('a model of the same parts', () => {
  const tuned = header('a', { '2_Dense': [null, dense], '': ['bert', encoder] });

  it('fits part by part; the default scope takes blocks, and parts of no known architecture whole', () => {
    const found = preflight(base, [tuned], 'blocks');
    expect(found.remarks).toEqual([]);
    expect(found.models[0]).toMatchObject({ matched: 4, refusal: null });
    expect(found.models[0]?.apart).toBeUndefined();
    expect(merged(found)).toEqual([
      'encoder.layer.0.attention.self.query.weight',
      '2_Dense/linear.weight',
      '2_Dense/linear.bias',
    ]);
    const [, , weight] = planTensors(base, [tuned], 'all');
    expect(weight?.models[0]).toBe(tuned.index.tensors[0]);
  });

  it.each([['2_Dense/*'], ['2_Dense'], ['2_Dense/']])('may leave one out by %s', (pattern) => {
    const found = preflight(base, [tuned], { exclude: [pattern] });
    expect(merged(found)).toEqual(Object.keys(encoder));
    expect(found.remarks).toEqual([]);
  });

  it('may spell the names inside them otherwise', () => {
    const spelled = Object.fromEntries(
      Object.entries(encoder).map(([name, shape]) => [`bert.${name}`, shape]),
    );
    const found = preflight(
      base,
      [header('a', { '': ['bert', spelled], '2_Dense': [null, dense] })],
      'all',
    );
    expect(merged(found)).toHaveLength(4);
    expect(found.models[0]?.prefix).toEqual({ add: '', remove: 'bert.' });
  });
});

describe('a part that a model', () => {
  it('lacks stays the base’s, and is told', () => {
    const found = preflight(base, [header('a', { '': ['bert', encoder] })], 'all');
    expect(merged(found)).toEqual(Object.keys(encoder));
    expect(told(found)).toEqual([
      'a: 2 tensors of the part 2_Dense, which is missing there, stay as in the base: 2_Dense/linear.weight and 2_Dense/linear.bias.',
    ]);
    expect(found.tensors[2]?.reason).toBe('the part 2_Dense is missing in a');
  });

  it('has in another shape stays the base’s, and is told', () => {
    const wide = { 'linear.weight': [5, 4], 'linear.bias': [5] };
    const found = preflight(
      base,
      [header('a', { '': ['bert', encoder], '2_Dense': [null, wide] })],
      'all',
    );
    expect(merged(found)).toEqual(Object.keys(encoder));
    expect(told(found)).toEqual([
      'a: 2 tensors of the part 2_Dense, which does not fit there, stay as in the base: 2_Dense/linear.weight and 2_Dense/linear.bias.',
    ]);
  });

  it('alone has is left out, and is told', () => {
    const more = header('a', {
      '': ['bert', encoder],
      '2_Dense': [null, dense],
      '3_Dense': [null, dense],
    });
    expect(told(preflight(base, [more], 'all'))).toEqual([
      'a: 2 tensors found only there are left out: 3_Dense/linear.weight and 3_Dense/linear.bias.',
    ]);
  });
});

describe('a checkpoint without parts', () => {
  it('is the part in the base’s own folder', () => {
    const found = preflight(base, [plain(header('a', { '': ['bert', encoder] }))], 'all');
    expect(merged(found)).toEqual(Object.keys(encoder));
  });

  it('is the part that it fits where that lies in a folder, and the other way round', () => {
    const old = header('base', { '0_Transformer': ['bert', encoder], '2_Dense': [null, dense] });
    const tuned = plain(header('a', { '': ['bert', encoder] }));
    const found = preflight(old, [tuned], 'blocks');
    expect(merged(found)).toEqual(['0_Transformer/encoder.layer.0.attention.self.query.weight']);
    expect(found.models[0]?.prefix).toEqual({ add: '0_Transformer/', remove: '' });
    expect(merged(preflight(tuned, [old], 'all'))).toEqual(Object.keys(encoder));
  });
});

describe('a model is refused', () => {
  it('whose part in its own folder is another model', () => {
    const deep = { ...encoder, 'encoder.layer.1.attention.self.query.weight': [4, 4] };
    const other = header('a', { '': ['bert', deep], '2_Dense': [null, dense] });
    const found = preflight(base, [other], 'all');
    expect(found.models[0]?.refusal).toContain('a cannot be merged with the base base');
    expect(told(found)).toEqual([]);
  });

  it('of which no part fits, with the parts of both', () => {
    const pipeline = header('sd', {
      unet: [null, { 'conv.weight': [7] }],
      vae: [null, { 'conv.weight': [2] }],
    });
    expect(preflight(base, [pipeline], 'all').models[0]?.refusal).toBe(
      'sd cannot be merged with the base base: no part of one fits the other. The base has weights in its own folder and 2_Dense, sd has unet and vae. Choose fine-tunes of one and the same base.',
    );
  });
});

it('layers of each part are counted by themselves', () => {
  const two = header('base', {
    text_encoder: ['bert', encoder],
    text_encoder_2: ['bert', { ...encoder, 'encoder.layer.1.attention.self.query.weight': [4, 4] }],
  });
  const roles = planTensors(two, [two], 'all').map(({ role }) => [role.stack, role.layer]);
  expect(roles).toEqual([
    [0, null],
    [1, 0],
    [0, null],
    [2, 0],
    [2, 1],
  ]);
});
