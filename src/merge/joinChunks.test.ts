import { describe, expect, it } from 'vitest';
import { parseRecipe } from '../recipe/parseRecipe.ts';
import type { DType } from '../tensor/dtype.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import type { Chunk } from './chunk.ts';
import { joinChunks, partOfInputs, splitRows } from './joinChunks.ts';
import { methods } from './methods/registry.ts';
import { planMerge } from './plan.ts';
import type { PlannedTensor } from './preflight.ts';

const info = (name: string, elements: number, dtype: DType = 'F32'): TensorInfo => ({
  ...{ name, dtype, shape: [elements], file: 0, start: 0, end: elements },
});

/** A tensor of one model, which it is merged of unless said otherwise. */
const tensor = (
  name: string,
  elements: number,
  { fate = 'merged', dtype = 'F32' }: { fate?: PlannedTensor['fate']; dtype?: DType } = {},
): PlannedTensor => ({
  ...{ tensor: info(name, elements), fate, models: [info(name, elements, dtype)] },
  role: { layer: null, stack: 0, component: 'other', block: false, buffer: false },
});

function plan(tensors: PlannedTensor[], method = 'task_arithmetic', elements = 2 ** 20) {
  const text = `merge_method: ${method}\nbase_model: base\nmodels: [{ model: a }]\nout_dtype: float16`;
  const recipe = parseRecipe(text, Object.keys(methods), []);
  return planMerge(tensors, recipe, methods[method as keyof typeof methods], elements);
}

/** Names of the tensors of each chunk. */
const namesOf = (chunks: readonly Chunk[]) =>
  chunks.map(({ joined, tensor }) =>
    (joined ?? [{ tensor }]).map((each) => each.tensor.tensor.name).join(''),
  );

describe('chunks that are joined', () => {
  it('are those of small tensors that follow each other and have the same dtypes, fate and key', () => {
    const { chunks, ...rest } = plan([
      ...[tensor('a', 10), tensor('b', 33), tensor('c', 7, { dtype: 'F16' })],
      ...[tensor('d', 7, { dtype: 'F16' }), tensor('e', 70_000), tensor('f', 1), tensor('g', 2)],
      ...[tensor('h', 2, { fate: 'copied' }), tensor('i', 2, { fate: 'copied' }), tensor('j', 5)],
    ]);
    const all = joinChunks({ ...rest, chunks }, chunks);
    expect(namesOf(all)).toEqual(['ab', 'cd', 'e', 'fg', 'hi', 'j']);
    expect(all[1]).toMatchObject({ part: 2, start: 0, elements: 14, position: 43 });
    const keyed = joinChunks({ ...rest, chunks }, chunks, ({ tensor }) =>
      tensor.tensor.name === 'b' ? 'own' : '',
    );
    expect(namesOf(keyed).slice(0, 3)).toEqual(['a', 'b', 'cd']);
  });

  it('hold no more than a chunk may, and 262,144 elements', () => {
    const many = Array.from({ length: 9 }, (_, i) => tensor(String(i), 60_000));
    const large = plan(many);
    expect(namesOf(joinChunks(large, large.chunks))).toEqual(['0123', '4567', '8']);
    // None is joined with one whose part does not follow.
    expect(
      namesOf(
        joinChunks(
          large,
          [0, 1, 3].map((i) => large.chunks[i]!),
        ),
      ),
    ).toEqual(['01', '3']);
    const small = plan(many.slice(0, 3), 'task_arithmetic', 131_072);
    expect(namesOf(joinChunks(small, small.chunks))).toEqual(['01', '2']);
  });

  it.each(['della', 'tsv_merge'])(
    'are none by %s, which goes by the shape of tensors',
    (method) => {
      const { chunks, ...rest } = plan([tensor('a', 4), tensor('b', 4)], method);
      expect(namesOf(joinChunks({ ...rest, chunks }, chunks))).toEqual(['a', 'b']);
    },
  );
});

const pieces = [3, 32, 30].map((elements) => ({ elements }) as Chunk);

it('rows of bits are cut where tensors end, each from a word of its own', () => {
  // Bits 0 … 64 of two rows, of 3, 32 and 30 elements: 101, then 1…1, then 0…01, and all 0 but the last.
  const words = Uint32Array.of(0xffff_fffd, 0x0000_000f, 0, 0, 0, 1);
  expect(splitRows(words, 2, pieces)).toEqual([
    Uint32Array.of(0b101, 0),
    Uint32Array.of(0xffff_ffff, 0),
    Uint32Array.of(1, 2 ** 29),
  ]);
});

it('inputs are cut by their elements', () => {
  const bytes = new Uint8Array(new Uint16Array([1, 2, 3, 4, 5]).buffer);
  const inputs = [
    { dtype: 1, bytes, raw: null },
    { dtype: 0, bytes: new Uint8Array(20).map((_, i) => i), raw: null },
  ];
  const [half, full] = partOfInputs(inputs, 3, 2);
  expect([...half!.bytes]).toEqual([4, 0, 5, 0]);
  expect([...full!.bytes]).toEqual([12, 13, 14, 15, 16, 17, 18, 19]);
});
