import { AppError } from '../errors.ts';
import { listElements } from './jsonList.ts';
import { refuseObject } from './jsonObject.ts';
import { parseJson } from './parseJson.ts';
import { addRow, checkColumns, skipRow } from './table.ts';
import type { ReadTable, Table } from './table.ts';
import { textLines } from './textLines.ts';
import { isRecord } from './tokenizerJson.ts';

/** JSONL, an object per line, or a JSON array of objects; numbers become text, lists and objects JSON text, null nothing. */
export const readJsonl: ReadTable = async (name, blob, limit) => {
  const table: Table = { columns: [], rows: [], lines: [], skipped: [] };
  const columns = new Set<string>();
  const take = (value: unknown, line: number) => {
    const row = rowOf(value);
    if (typeof row === 'string') return skipRow(name, table, line, row);
    for (const column of Object.keys(row)) columns.add(column);
    checkColumns(name, columns.size);
    return addRow(name, table, row, line);
  };
  if (/^\uFEFF?\s*\[/.test(await blob.slice(0, 1000).text())) {
    let at = 0;
    for await (const text of listElements(name, blob)) {
      if (table.rows.length >= limit) break;
      take(parseJson(text, `Item ${++at} of ${name}`, 'Save it again.'), at);
    }
  } else {
    await refuseObject(name, blob);
    for await (const { line, text } of textLines(name, blob)) {
      if (table.rows.length >= limit) break;
      if (text.trim() === '') continue;
      try {
        take(JSON.parse(text), line);
      } catch (error) {
        if (error instanceof AppError) throw error;
        const why = `is not valid JSON (${error instanceof Error ? error.message : String(error)})`;
        skipRow(name, table, line, why);
      }
    }
  }
  return { ...table, columns: [...columns] };
};

/** The cells of an object, or why there are none. */
function rowOf(value: unknown): Record<string, string> | string {
  if (!isRecord(value)) return 'is no JSON object';
  try {
    const known = Object.entries(value).filter(([, cell]) => cell !== null);
    return Object.fromEntries(known.map(([column, cell]) => [column, textOf(cell)]));
  } catch {
    return 'nests too many lists or objects in each other';
  }
}

const textOf = (cell: unknown) => (typeof cell === 'string' ? cell : JSON.stringify(cell));
