import { expect, test } from 'vitest';
import { patchSizesTable, patchSizesTitle } from './patchSizes.ts';

const sizes = [
  { label: 'Digits', patch: 10, whole: 1000 },
  { label: 'Cars', patch: 30, whole: 1000 },
];

test('the title compares all patches with all files', () => {
  expect(patchSizesTitle(sizes)).toBe('A patch is 2.0\u00a0% of the size of its fine-tuned file');
  expect(patchSizesTitle([])).toBe('Size of the patches');
});

test('the table holds bytes and shares', () => {
  expect(patchSizesTable(sizes).rows).toEqual([
    ['Digits', 10, 1000, 0.01],
    ['Cars', 30, 1000, 0.03],
  ]);
});
