import { expect, it } from 'vitest';
import { csvText, sortRows } from './table.ts';

it('sorts by a number either way, unknown ones last and equal ones as they were', () => {
  const rows = [{ a: null }, { a: 2 }, { a: 1, b: 0 }, { a: null, b: 1 }, { a: 1, b: 1 }];
  const sorted = (order: 'ascending' | 'descending') =>
    sortRows(rows, ({ a }) => a, order).map((row) => rows.indexOf(row));
  expect(sorted('ascending')).toEqual([2, 4, 1, 0, 3]);
  expect(sorted('descending')).toEqual([1, 2, 4, 0, 3]);
});

it('writes no text that a spreadsheet would compute', () => {
  const columns = ['=A1', 'task', 'value'].map((label) => ({ label, kind: 'text' as const }));
  const rows = [
    ['=HYPERLINK("http://x")', '@SUM(1)', -0.5],
    ['+1', '-1', 2],
    ['\t=1', 'a=b', 3],
  ];
  expect(csvText({ columns, rows }).split('\r\n')).toEqual([
    "'=A1,task,value",
    `"'=HYPERLINK(""http://x"")",'@SUM(1),-0.5`,
    "'+1,'-1,2",
    "'\t=1,a=b,3",
    '',
  ]);
});
