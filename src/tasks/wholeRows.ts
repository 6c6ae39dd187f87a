import { cellOf, placeOf, type Table } from '../data/table.ts';
import { plural } from '../wording.ts';

/** What stands in place of a label that nobody gave, where it is no class's name: in SNLI, in GLUE, and as pandas writes it. */
const noLabels = ['-1', '-', 'nan'];

/** What a model is to tell of a row: the column that holds it, what it is called, and whether a cell holds one. */
export interface Told {
  column: string | undefined;
  what: 'label' | 'answer';
  isTold(cell: string): boolean;
}

/**
 * The labels of a table, of classes that may have names: what stands for none is none where theirs is not so called, and "nan"
 * is none beside numbers.
 */
export function labelsIn(
  { rows }: Table,
  column: string | undefined,
  names: readonly string[] | null,
): Told {
  const textOf = (cell: string) => cell.trim().toLowerCase();
  const areNumbers =
    column !== undefined &&
    rows.every((row) => /^(?:-?\d+(?:\.\d+)?|nan)?$/.test(textOf(cellOf(row, column) ?? '')));
  const isNone = (text: string) =>
    names === null ? areNumbers && text === 'nan' : noLabels.includes(text);
  return {
    ...{ column, what: 'label' },
    isTold: (cell) =>
      cell.trim() !== '' && (!isNone(textOf(cell)) || names?.includes(cell.trim()) === true),
  };
}

/**
 * The rows that have texts and what is to be told of them, and how many are left out for the want of these; those of a table
 * without any such row stay, to be refused.
 */
export function wholeRows(
  name: string,
  table: Table,
  texts: readonly (string | undefined)[],
  { column, what, isTold }: Told,
): { table: Table; notes: string[] } {
  const untold = table.rows.map(
    (row) => column !== undefined && !isTold(cellOf(row, column) ?? ''),
  );
  const textless = table.rows.map(
    (row, at) =>
      !untold[at] && texts.some((each) => each !== undefined && cellOf(row, each) === undefined),
  );
  const isWhole = table.rows.map((_, at) => !untold[at] && !textless[at]);
  if (isWhole.every(Boolean) || !isWhole.some(Boolean)) return { table, notes: [] };
  const remark = (lacks: readonly boolean[], what: string) => {
    const count = lacks.filter(Boolean).length;
    if (count === 0) return [];
    const place = placeOf(table, lacks.indexOf(true)).replace(/^L/, 'l');
    return [
      `${plural(count, 'row')} of ${name} ${count === 1 ? 'has' : 'have'} no ${what} and ${count === 1 ? 'is' : 'are'} left out, e.g. ${place}.`,
    ];
  };
  return {
    table: kept(table, isWhole),
    notes: [...remark(untold, what), ...remark(textless, 'text')],
  };
}

/** Some rows of a table, with the lines and files that they come from. */
function kept(table: Table, isKept: readonly boolean[]): Table {
  const rows = table.rows.filter((_, at) => isKept[at]);
  const lines = table.lines.filter((_, at) => isKept[at]);
  let before = 0;
  const parts = table.parts?.map(({ path, rows: all }) => {
    const own = isKept.slice(before, (before += all)).filter(Boolean).length;
    return { path, rows: own };
  });
  return { ...table, rows, lines, ...(parts && { parts }) };
}
