import { expect, test } from 'vitest';
import { formOf, publishedForms, textsIn } from './publishedForms.ts';
import type { Table } from './table.ts';

const table = (columns: string[], rows: Table['rows']): Table => ({
  ...{ columns, rows, skipped: [] },
  lines: rows.map((_, at) => at + 1),
});

test('a premise that asks for neither cause nor effect is refused by its line', () => {
  const columns = ['premise', 'question'];
  const rows = [
    { premise: 'It fell.', question: 'effect' },
    { premise: 'It fell.', question: '1' },
  ];
  expect(textsIn(table(columns, rows.slice(0, 1)), publishedForms.copa)).toEqual([
    'It fell therefore',
  ]);
  expect(() => textsIn(table(columns, rows), publishedForms.copa)).toThrow(
    'Line 2 asks for neither cause nor effect ("1"). Choose another template, or mend the row.',
  );
});

test('columns of a set that are not there are named', () => {
  expect(() => textsIn(table(['ctx', 'endings'], []), publishedForms.hellaswag)).toThrow(
    'The data has no column "activity_label"; it has "ctx", "endings".',
  );
  expect(formOf('plain')).toBeNull();
  expect(formOf(undefined)).toBeNull();
});
