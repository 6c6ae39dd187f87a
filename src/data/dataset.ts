import { AppError } from '../errors.ts';
import type { Tokenizer } from './tokenizer.ts';

/** An example; `label` is the class index. */
export interface Row {
  text: string;
  text_b?: string;
  label: number;
}

/** A multiple-choice question: a choice of which `answers` are the indices of the right ones. */
export interface ChoiceRow {
  text: string;
  choices: string[];
  answers: number[];
}

/** Rows of a file as text; `lines` are the line numbers (from 1) they begin at, `skipped` what was no row. */
export interface Table {
  columns: string[];
  rows: Record<string, string>[];
  lines: number[];
  skipped: { line: number; why: string }[];
}

/** Which column holds what. */
export interface ColumnMap {
  text: string;
  text_b?: string;
  label?: string;
  choices?: string[];
  answer?: string;
}

/** Reads JSONL, CSV or TSV, all of it or the first `limit` rows; throws BadFile with line and byte. */
export async function readTable(name: string, blob: Blob, limit?: number): Promise<Table> {
  throw new AppError('Bug', `not yet: ${name} ${blob.size} ${limit}`);
}

/** The columns of GLUE and its like by their names. */
export function guessColumns(columns: readonly string[]): ColumnMap {
  return { text: columns[0] ?? 'text' };
}

/** Examples of a table; labels are names, or numbers from 0; throws BadFile with line for what does not fit. */
export function rowsOf(
  table: Table,
  columns: ColumnMap,
  labels: readonly string[] | null,
): { rows: Row[]; labels: string[] } {
  throw new AppError('Bug', `not yet: ${table.rows.length} ${columns.text} ${labels?.length}`);
}

/** Multiple-choice rows from JSONL lines of {text, choices, answers}. */
export async function readChoices(name: string, blob: Blob, limit?: number): Promise<ChoiceRow[]> {
  throw new AppError('Bug', `not yet: ${name} ${blob.size} ${limit}`);
}

/** Plain text as blocks of `blockLength` token ids, for language models. */
export async function readTextBlocks(
  blob: Blob,
  tokenizer: Tokenizer,
  blockLength: number,
): Promise<number[][]> {
  throw new AppError('Bug', `not yet: ${blob.size} ${tokenizer.size} ${blockLength}`);
}
