import { expect, it } from 'vitest';
import { sortRows } from './table.ts';

it('sorts by a number either way, unknown ones last and equal ones as they were', () => {
  const rows = [{ a: null }, { a: 2 }, { a: 1, b: 0 }, { a: null, b: 1 }, { a: 1, b: 1 }];
  const sorted = (order: 'ascending' | 'descending') =>
    sortRows(rows, ({ a }) => a, order).map((row) => rows.indexOf(row));
  expect(sorted('ascending')).toEqual([2, 4, 1, 0, 3]);
  expect(sorted('descending')).toEqual([1, 2, 4, 0, 3]);
});
