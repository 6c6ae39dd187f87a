import { needColumns } from '../data/columns.ts';
import { cellOf } from '../data/table.ts';
import type { TaskData } from '../recipe/recipe.ts';
import type { FindData } from '../storage/dataSets.ts';
import { columnsOf, openTable, type Enough } from './labelledRows.ts';

/** Plain text of the library: a file, or the texts of a table's rows, each on lines of its own; of a large table as much as is `enough`. */
export async function plainTextOf(
  name: string,
  data: TaskData,
  find: FindData,
  enough: Enough,
): Promise<Blob> {
  const { kind, blob } = await find(name);
  const opened = kind === 'text' ? null : await openTable(name, find, enough);
  if (!opened) return blob;
  const { text } = columnsOf(opened.table, data);
  needColumns(opened.table, [text]);
  return new Blob(opened.table.rows.map((row) => (cellOf(row, text) ?? '').replace(/\n?$/, '\n')));
}
