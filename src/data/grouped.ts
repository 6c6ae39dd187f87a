import { badFile } from '../errors.ts';
import type { SourceFile } from '../formats/source.ts';
import { textTable, type GroupedTable } from './rowGroups.ts';
import type { ReadTable } from './table.ts';

/** What opens files whose rows lie in groups, by the ending of their names; loaded when the first is met. */
const openers = {
  parquet: async (source: SourceFile) => (await import('./parquet.ts')).openParquet(source),
  arrow: async (source: SourceFile, enough: number) =>
    (await import('./arrow.ts')).openArrow(source, enough),
};

const openerOf = (path: string) => {
  const ending = path.split('.').at(-1)?.toLowerCase();
  return ending === 'parquet' || ending === 'arrow' ? openers[ending] : null;
};

/** Whether all rows of these files lie in groups. */
export const areGrouped = (files: readonly SourceFile[]) =>
  files.length > 0 && files.every(({ path }) => openerOf(path) !== null);

/** Parquet or Arrow, all of it or its first `limit` rows; see cellText for what becomes of values. */
export const readGrouped: ReadTable = async (name, blob, limit) =>
  textTable(name, await openGrouped([{ path: name, blob }], limit), limit);

/** Opens files one after another as one table, all rows or at least the first `enough`; throws BadFile. */
export async function openGrouped(
  files: readonly SourceFile[],
  enough = Infinity,
): Promise<GroupedTable> {
  const tables: GroupedTable[] = [];
  let rows = 0;
  for (const file of files) {
    const table = await openerOf(file.path)?.(file, enough - rows);
    if (!table) continue;
    checkAlike(file.path, table, tables[0] ?? table);
    tables.push(table);
    rows += table.groups.reduce((sum, group) => sum + group.rows, 0);
    if (rows >= enough) break;
  }
  const [first] = tables;
  if (!first) throw badFile('There is no Parquet or Arrow file among the data. Choose one.');
  const places = tables.flatMap((table) => table.groups.map((_, group) => ({ table, group })));
  return {
    ...first,
    groups: tables.flatMap(({ groups }) => groups),
    read(group, ...rows) {
      const place = places[group] ?? { table: first, group: 0 };
      return place.table.read(place.group, ...rows);
    },
  };
}

/** Throws BadFile for a part whose columns or classes are others than those of the first. */
function checkAlike(path: string, part: GroupedTable, first: GroupedTable): void {
  const told = ({ columns, classes }: GroupedTable) => JSON.stringify([columns, [...classes]]);
  if (told(part) === told(first)) return;
  throw badFile(
    `${path} has other columns or class names (${part.columns.join(', ')}) than the files before it (${first.columns.join(', ')}). Add the files of one data set together.`,
  );
}
