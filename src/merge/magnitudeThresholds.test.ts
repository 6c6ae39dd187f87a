import { expect, test } from 'vitest';
import { createCpuCompute } from '../gpu/cpu.ts';
import { describeTensor } from '../models/describeTensor.ts';
import { floatBits } from '../tensor/float.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { TensorInfo, TensorReader } from '../tensor/tensorIndex.ts';
import { freshJournal } from './journal.ts';
import { magnitudeThresholds } from './magnitudeThresholds.ts';
import { methodOf } from './methods/registry.ts';
import { withStages } from './stage.ts';
import { planMerge } from './plan.ts';

const elements = 5_000_000;
const density = 0.2;
const noise = (k: number) => ((Math.imul(k + 1, 0x9e3779b1) >>> 0) / 2 ** 32) ** 3;

/** Task vectors as functions of the position, and how often their thresholds should need all of it read. */
const cases: [string, (k: number) => number, number][] = [
  ['of all sizes', (k) => noise(k), 1],
  ['in steps of bfloat16, many of which are equal', (k) => Math.round(noise(k) * 64) / 64, 1],
  ['that are larger in one layer than in others', (k) => noise(k) * (k < 1e6 ? 40 : 1), 1],
  [
    'that a sample of evenly spread pieces takes for 0',
    (k) => (k % 9765 < 4096 + 2048 ? 0 : noise(k)),
    2,
  ],
  ['all of which are equal', () => 0.5, 1],
  ['that are 0 but for few', (k) => (k % 1000 === 7 ? noise(k) : 0), 1],
];

test.each(cases)('the threshold of changes %s is exact', async (_, change, passes) => {
  const tensor: TensorInfo = {
    ...{ name: 'encoder.layer.0.dense.weight', dtype: 'F32', shape: [elements] },
    ...{ file: 0, start: 0, end: 4 * elements },
  };
  const planned = {
    ...{ tensor, role: describeTensor('roberta', tensor.name), fate: 'merged' as const },
    models: [tensor],
  };
  const recipe: Recipe = {
    ...{ merge_method: 'ties', base_model: 'base', models: [{ model: 'a' }] },
    ...{ dtype: 'float32', out_dtype: 'base', parameters: { density } },
  };
  const plan = planMerge([planned], recipe, methodOf('ties')!, 2 ** 20);
  const changes = Float32Array.from({ length: elements }, (_, k) => change(k));
  const readerOf = (values: Float32Array<ArrayBuffer>): TensorReader => ({
    read: async (_, start, end) => new Uint8Array(values.buffer.slice(start, end)),
  });
  const host = {
    ...{ compute: createCpuCompute('test'), signal: new AbortController().signal },
    readers: [readerOf(new Float32Array(elements)), readerOf(changes)],
    onProgress: () => undefined,
  };
  const found = await withStages(plan, host, (run) =>
    magnitudeThresholds(plan, run, freshJournal.pairs),
  );

  const count = Math.floor(density * elements);
  const threshold = changes.slice().sort().at(-count)!;
  const above = changes.reduce((sum, x) => sum + Number(x > threshold), 0);
  const equal = changes.reduce((sum, x) => sum + Number(x === threshold), 0);
  expect(found.thresholds).toEqual([{ key: floatBits(threshold), ties: count - above, equal }]);
  const all = 8 * elements;
  expect(Math.floor(found.bytesRead / all)).toBe(passes);
  expect(found.bytesRead % all).toBeLessThan(0.25 * all);
});
