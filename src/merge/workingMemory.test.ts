import { expect, test } from 'vitest';
import { methodOf } from './methods/registry.ts';
import { learningBytes, mergingBytes } from './workingMemory.ts';

/** The matrices of roberta-base, all merged. */
const tensors = [
  ...Array.from({ length: 12 }, () => [
    ...Array.from({ length: 4 }, () => [768, 768]),
    [3072, 768],
    [768, 3072],
  ]).flat(),
  [50265, 768],
  [514, 768],
  [768, 768],
].map((shape) => ({ shape, fate: 'merged' as const }));

// Peaks above idle for four such models, of bench/RESULTS.md.
test.each([
  ['linear', 206e6],
  ['ties', 211e6],
  ['localize_and_stitch', 190e6],
  ['iso_c', 590e6],
  ['tsv_merge', 638e6],
  ['iso_cts', 616e6],
  ['wudi', 676e6],
])('%s takes no more than is told, and no less than half', (id, measured) => {
  const told = mergingBytes(methodOf(id)!, tensors, 4);
  expect(told).toBeGreaterThanOrEqual(measured);
  expect(told).toBeLessThan(measured * 2);
});

const parameters = { total: 1000, scope: 800 };
const stitch = methodOf('localize_and_stitch')!;
const data = { train: 'train.jsonl', test: 'test.jsonl' };

test('examples need room for the weights, and for what is learned of those in scope', () => {
  const models = [
    { model: 'a', data },
    { model: 'b', data },
  ];
  // Two models of 1,000 weights; two tasks of 800 with four arrays; 4 bytes each.
  expect(learningBytes({ models }, stitch, parameters, 1e9)).toBe(4 * (2000 + 2 * 800 * 4));
  expect(learningBytes({ models }, stitch, parameters, 5000)).toBe(5000);
  expect(learningBytes({ models: [{ model: 'a' }] }, stitch, parameters, 1e9)).toBe(0);
  const tested = [{ model: 'a', data: { test: 'test.jsonl' } }];
  expect(learningBytes({ models: tested }, stitch, parameters, 1e9)).toBe(4 * 2000);
});
