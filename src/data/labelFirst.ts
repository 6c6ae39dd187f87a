import { AppError } from '../errors.ts';
import { addRow, skipRow, type ReadTable, type Table } from './table.ts';
import { textLines } from './textLines.ts';

/** "DESC:manner How did …", as TREC's files have it. */
const twoLevels = /^([A-Z]+):([a-z]+)\s+(\S.*)$/;
/** "1 a good film" and fastText's "__label__good a good film". */
const oneLabel = /^(?:__label__(\S+)|(\d{1,3}))[\s,]+(\S.*)$/;

const fewLines = 200;
const mostClasses = 50;

/** Lines that begin with their label; where labels have two levels the columns are TREC's. */
export const readLabelFirst: ReadTable = async (name, blob, limit) => {
  try {
    return await read(name, blob, limit, 'utf-8');
  } catch (error) {
    // TREC's own files are Latin-1.
    if (error instanceof AppError && / UTF-8/.test(error.message))
      return read(name, blob, limit, 'windows-1252');
    throw error;
  }
};

async function read(name: string, blob: Blob, limit: number, encoding: string): Promise<Table> {
  const table: Table = { columns: [], rows: [], lines: [], skipped: [] };
  for await (const { line, text } of textLines(name, blob, encoding)) {
    if (table.rows.length >= limit) break;
    if (text.trim() === '') continue;
    const row = rowOf(text.trim());
    if (!row) {
      skipRow(name, table, line, 'does not begin with a label');
      continue;
    }
    const columns = Object.keys(row);
    if (table.columns.length === 0) table.columns.push(...columns);
    if (columns.length === table.columns.length) addRow(name, table, row, line);
    else skipRow(name, table, line, 'has another kind of label than the first line');
  }
  return table;
}

function rowOf(text: string): Record<string, string> | null {
  const two = twoLevels.exec(text);
  if (two) {
    const [, coarse = '', fine = '', rest = ''] = two;
    return { coarse_label: coarse, fine_label: `${coarse}:${fine}`, text: rest };
  }
  const one = oneLabel.exec(text);
  if (!one) return null;
  const [, name, number, rest = ''] = one;
  return { label: name ?? number ?? '', text: rest };
}

/** Whether the first lines of a text all begin with one of few labels. */
export async function isLabelFirst(blob: Blob): Promise<boolean> {
  const bytes = await blob.slice(0, 1 << 16).arrayBuffer();
  const lines = new TextDecoder('windows-1252').decode(bytes).split(/\r?\n/);
  const whole = (blob.size > 1 << 16 ? lines.slice(0, -1) : lines).filter((line) => line.trim());
  const rows = whole.slice(0, fewLines).map((line) => rowOf(line.trim()));
  const labels = rows.map((row) => row?.['label']);
  const few = new Set(labels).size <= Math.min(mostClasses, rows.length / 2);
  return rows.length >= 4 && rows.every(Boolean) && few;
}
