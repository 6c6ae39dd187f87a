import { AppError, badFile } from '../errors.ts';
import { parseJson } from './parseJson.ts';
import { addRow, skipRow } from './table.ts';
import type { ReadTable, Table } from './table.ts';
import { textChunks, textLines } from './textLines.ts';
import { isRecord } from './tokenizerJson.ts';

/** Largest JSON file (one array of objects) that is read, in bytes. */
export const maxJsonBytes = 200e6;

/** JSONL, an object per line, or a JSON array of objects; numbers become text, lists and objects JSON text, null nothing. */
export const readJsonl: ReadTable = async (name, blob, limit) => {
  const table: Table = { columns: [], rows: [], lines: [], skipped: [] };
  const columns = new Set<string>();
  const take = (value: unknown, line: number) => {
    const row = rowOf(value);
    if (typeof row === 'string') return skipRow(name, table, line, row);
    for (const column of Object.keys(row)) columns.add(column);
    return addRow(name, table, row, line);
  };
  if (/^\uFEFF?\s*\[/.test(await blob.slice(0, 1000).text())) {
    const array = await readArray(name, blob);
    for (const [at, value] of array.slice(0, limit).entries()) take(value, at + 1);
  } else {
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

async function readArray(name: string, blob: Blob): Promise<unknown[]> {
  if (blob.size > maxJsonBytes) {
    throw badFile(
      `${name} is one JSON list of ${blob.size} bytes, more than the ${maxJsonBytes} that are read at once. Save it as JSONL, an object per line.`,
    );
  }
  let text = '';
  for await (const chunk of textChunks(name, blob)) text += chunk;
  const value = parseJson(text, name, 'Save it again.');
  return Array.isArray(value) ? value : [];
}

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
