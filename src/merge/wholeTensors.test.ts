import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { createCpuCompute } from '../gpu/cpu.ts';
import { describeTensor } from '../models/describeTensor.ts';
import { bitsFloat, floatBits } from '../tensor/float.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import { cases, merge, open } from '../test/goldenMerge.ts';
import { freshJournal, type MergeJournal } from './journal.ts';
import { methodOf } from './methods/registry.ts';
import { planMerge } from './plan.ts';
import { planTensors, type PlannedTensor } from './preflight.ts';
import { runMerge } from './runMerge.ts';
import {
  createChunkReader,
  isWhole,
  matrixBytes,
  mostMatrixBytes,
  oversized,
  timesRead,
} from './wholeTensors.ts';

const { recipe } = cases.find(
  ({ set, case: name }) => set === 'matrices' && /^iso_c\./.test(name),
)!;
const one = { ...recipe, models: recipe.models.slice(0, 1) };
const wide = 'roberta.encoder.layer.0.wide';

async function read(set: string, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const path = new URL(`./goldens/${set}/${name}.safetensors`, import.meta.url);
  return new Uint8Array(await readFile(path));
}

test.each([NaN, Infinity])(
  'a matrix that holds %s is named, and nothing is merged',
  async (value) => {
    const readOdd: typeof read = async (set, name) => {
      const bytes = await read(set, name);
      if (name !== 'b') return bytes;
      const { index } = await open(read, set, name);
      const { start } = index.tensors.find((tensor) => tensor.name === wide)!;
      new DataView(bytes.buffer).setUint32(start + 4 * 7, floatBits(value), true);
      return bytes;
    };
    const run = merge(readOdd, 'matrices', recipe, createCpuCompute('test'), 352);
    await expect(run).rejects.toMatchObject({
      kind: 'BadFile',
      message: expect.stringMatching(/layer\.0\.wide .* model 2 \(element 7\)/) as string,
    });
  },
);

test('every input is read once, in chunks', async () => {
  const inputs = await Promise.all(
    ['base', 'a', 'b', 'c'].map((name) => open(read, 'matrices', name)),
  );
  const [base, ...models] = inputs;
  const method = methodOf(recipe.merge_method)!;
  const plan = planMerge(planTensors(base!, models, 'blocks'), recipe, method, 96);
  const ranges = new Set<string>();
  let bytes = 0;
  const readers = inputs.map((input, i) => ({
    async read(...[tensor, start, end]: Parameters<typeof input.read>) {
      expect(ranges).not.toContain(`${i} ${tensor.name} ${start}`);
      ranges.add(`${i} ${tensor.name} ${start}`);
      expect(end - start).toBeLessThanOrEqual(96 * 4);
      bytes += end - start;
      return input.read(tensor, start, end);
    },
  }));
  let reached: MergeJournal = freshJournal;
  const host = {
    ...{ compute: createCpuCompute('test'), readers, signal: new AbortController().signal },
    onProgress: () => undefined,
    async save(_: unknown, journal: MergeJournal) {
      reached = journal;
    },
  };
  await runMerge(plan, host, freshJournal);
  const all = inputs.flatMap(({ index }) => index.tensors);
  expect(bytes).toBe(all.reduce((sum, { start, end }) => sum + end - start, 0));
  expect(reached.bytesRead).toBe(bytes);
});

test('the matrices of RoBERTa-large fit for eight models, GPT-2 XL’s word embeddings not for three', () => {
  expect(matrixBytes([4096, 1024], 8)).toBeLessThan(mostMatrixBytes);
  const words = tensor('embeddings.word_embeddings.weight', [50_257, 1600]);
  const dense = tensor('encoder.layer.0.output.dense.weight', [1024, 4096]);
  const planned = [words, dense, tensor('encoder.layer.0.output.dense.bias', [1024])];
  const plan = planMerge(planned, recipe, methodOf('iso_c')!, 2 ** 20);
  expect(oversized(plan)).toEqual([words.tensor]);
  expect(planned.map((each) => isWhole(plan, each))).toEqual([false, true, false]);
});

test('the word embeddings of RoBERTa-base fit for three models, and are read twice', () => {
  const words = tensor('embeddings.word_embeddings.weight', [50_265, 768]);
  const positions = tensor('embeddings.position_embeddings.weight', [514, 768]);
  const plan = planMerge([words, positions], recipe, methodOf('iso_c')!, 2 ** 20);
  expect([words, positions].map((each) => isWhole(plan, each))).toEqual([true, true]);
  expect([words, positions].map((each) => timesRead(plan, each))).toEqual([2, 1]);
});

test('matrices are merged side by side as far as their memory goes, and come in order', async () => {
  const small = [256, 256];
  const large = [8192, 1024];
  expect(matrixBytes(large, 1)).toBeGreaterThan(3 * 2 ** 26);
  const planned = [small, small, large, large, small].map((shape, i) =>
    tensor(`encoder.layer.${i}.output.dense.weight`, shape),
  );
  const plan = planMerge(planned, one, methodOf('iso_c')!, 2 ** 23);
  const merging: { rows: number; end: (value: number) => void }[] = [];
  const read = createChunkReader(plan, {
    ...{ compute: createCpuCompute('test'), signal: new AbortController().signal },
    readers: [0, 1].map(() => ({
      async read(_tensor: TensorInfo, start: number, end: number) {
        return new Uint8Array(end - start);
      },
    })),
    mergeBeside: ({ rows, columns }) =>
      new Promise((resolve) => {
        const changes = (value: number) => new Float32Array(rows * columns).fill(value);
        const end = (value: number) => resolve({ changes: changes(value), fellBack: false });
        merging.push({ rows, end });
      }),
  });
  const rows = () => merging.map((each) => each.rows);
  const changed = async (at: number) => {
    const inputs = await read(plan.chunks[at]!);
    expect(inputs).toHaveLength(3);
    return bitsFloat(new Uint32Array(inputs[2]!.bytes.buffer)[0]!);
  };
  const first = changed(0);
  await expect.poll(rows).toEqual([256, 256, 8192]);
  merging[1]!.end(2);
  merging[0]!.end(1);
  expect(await first).toBeCloseTo(0.8);
  expect(await changed(1)).toBeCloseTo(1.6);
  const third = changed(2);
  expect(rows()).toEqual([256, 256, 8192]);
  merging[2]!.end(3);
  expect(await third).toBeCloseTo(2.4);
  const fourth = changed(3);
  await expect.poll(rows).toEqual([256, 256, 8192, 8192, 256]);
  merging[3]!.end(4);
  expect(await fourth).toBeCloseTo(3.2);
});

test('a matrix whose singular vectors came the slow way is in the journal, once', async () => {
  const planned = [0, 1].map((i) => tensor(`encoder.layer.${i}.output.dense.weight`, [256, 256]));
  const plan = planMerge(planned, one, methodOf('iso_c')!, 2 ** 14);
  let merged = 0;
  const host = {
    ...{ compute: createCpuCompute('test'), signal: new AbortController().signal },
    readers: [0, 1].map(() => ({
      async read(_: TensorInfo, start: number, end: number) {
        return new Uint8Array(end - start);
      },
    })),
    onProgress: () => undefined,
    save: async () => undefined,
    async mergeBeside() {
      return { changes: new Float32Array(256 ** 2), fellBack: merged++ === 1 };
    },
  };
  const { fellBack } = await runMerge(plan, host, freshJournal);
  expect(fellBack).toEqual([planned[1]!.tensor.name]);
});

function tensor(name: string, shape: number[]): PlannedTensor {
  const info: TensorInfo = { name, dtype: 'F32', shape, file: 0, start: 0, end: 0 };
  return { tensor: info, role: describeTensor('roberta', name), fate: 'merged', models: [info] };
}
