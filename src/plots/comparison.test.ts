import { expect, test } from 'vitest';
import { sortBy } from '../ui/table.ts';
import {
  comparedColumns,
  type ComparedMethod,
  comparedTable,
  comparedTitle,
  meanRatio,
} from './comparison.ts';

const method = (label: string, values: Partial<ComparedMethod>): ComparedMethod => ({
  ...{
    id: label,
    label,
    mean: null,
    normalised: null,
    changed: null,
    general: null,
    seconds: null,
  },
  ...values,
});
const average = method('Average', { mean: 0.6, normalised: 0.7, changed: 1, seconds: 0.1 });
const stitch = method('Optimised stitch', {
  mean: 0.5,
  normalised: 0.65,
  changed: 0.05,
  seconds: 9,
});
const ties = method('TIES', {});

const labelsBy = (methods: readonly ComparedMethod[], column: string) =>
  sortBy(
    methods,
    comparedColumns.find(({ label }) => label === column)!,
  ).map(({ label }) => label);

test('methods sort best first, and those not measured yet last', () => {
  const all = [ties, stitch, average];
  expect(labelsBy(all, 'Mean accuracy')).toEqual(['Average', 'Optimised stitch', 'TIES']);
  expect(labelsBy(all, 'Weights changed')).toEqual(['Optimised stitch', 'Average', 'TIES']);
  expect(labelsBy(all, 'Seconds')).toEqual(['Average', 'Optimised stitch', 'TIES']);
});

test('the title names the method that is best, whichever it is', () => {
  expect(comparedTitle([stitch, average, ties], 8)).toBe(
    'Average keeps 70.0\u00a0% of the fine-tuned accuracy on 8 tasks; optimised stitch 65.0\u00a0%',
  );
  expect(comparedTitle([stitch], 1)).toBe(
    'Optimised stitch keeps 65.0\u00a0% of the fine-tuned accuracy on one task',
  );
  expect(comparedTitle([ties], 2)).toBe('One model for 2 tasks');
});

test('the table holds what was measured, and a dash for what was not', () => {
  expect(comparedTable([average, ties]).rows).toEqual([
    ['Average', 0.6, 0.7, 1, '–', 0.1],
    ['TIES', '–', '–', '–', '–', '–'],
  ]);
});

test('a mean of ratios waits for all of them', () => {
  expect(meanRatio([0.4, 0.9], [0.8, 0.9])).toBeCloseTo(0.75, 12);
  expect(meanRatio([0.4, null], [0.8, 0.9])).toBeNull();
  expect(meanRatio([0.4], [0])).toBeNull();
  expect(meanRatio([], [])).toBeNull();
});
