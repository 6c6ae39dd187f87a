import type { ColumnMap } from '../data/columns.ts';
import { cellOf, placeOf, type Table } from '../data/table.ts';
import { plural } from '../wording.ts';

/** What stands in place of a label that nobody gave, where it is no class's name: in SNLI, in GLUE, and as pandas writes it. */
const noLabels = ['-1', '-', 'nan'];

/**
 * The rows that have a text and a label, and how many are left out for the want of these; those of a table without any such row stay,
 * to be refused. Labels that stand for none are left out where the classes have names, `names`, and theirs is none of them.
 */
export function wholeRows(
  name: string,
  table: Table,
  { text, text_b, label }: ColumnMap,
  names: readonly string[] | null,
): { table: Table; notes: string[] } {
  const texts = [text, ...(text_b === undefined ? [] : [text_b])];
  const lacksLabel = table.rows.map(
    (row) => label !== undefined && isNone(cellOf(row, label)?.trim() ?? '', names),
  );
  const lacksText = table.rows.map(
    (row, at) => !lacksLabel[at] && texts.some((each) => cellOf(row, each) === undefined),
  );
  const isWhole = table.rows.map((_, at) => !lacksText[at] && !lacksLabel[at]);
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
    notes: [...remark(lacksLabel, 'label'), ...remark(lacksText, 'text')],
  };
}

const isNone = (label: string, names: readonly string[] | null) =>
  label === '' ||
  (names !== null && noLabels.includes(label.toLowerCase()) && !names.includes(label));

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
