import { faultsOf, shownJson } from '../errors.ts';
import { needColumns } from './columns.ts';
import type { ColumnMap } from './columns.ts';
import { cellOf, type Table } from './table.ts';

/** A multiple-choice question; `answers` are the indices of the right choices. */
export interface ChoiceRow {
  text: string;
  choices: string[];
  answers: number[];
}

/**
 * Multiple-choice questions of a table. `columns.choices` is one column with a JSON list (or TruthfulQA's
 * {choices, labels}), or one per choice; `columns.answer` a column with the index, letter or text of the right choice, or
 * a JSON list of indices, or one 0 or 1 per choice. Throws BadFile with line.
 */
export function choicesOf(table: Table, columns: ColumnMap): ChoiceRow[] {
  const { text, choices = [], answer } = columns;
  needColumns(table, [text, ...choices, ...(answer === undefined ? [] : [answer])]);
  return table.rows.map((row, at) => {
    const fail = faultsOf(
      `Line ${table.lines[at]}`,
      'Give "choices" as a JSON list, and the right ones as their indices from 0.',
    );
    const cells = choices.map((column) => parseCell(cellOf(row, column) ?? ''));
    const [first] = cells;
    const nested = cells.length === 1 && isTargets(first) ? first : null;
    const list: unknown = nested?.choices ?? (cells.length === 1 ? first : cells);
    if (!Array.isArray(list) || list.length < 2) throw fail('has fewer than two choices');
    const texts = list.map(asText);
    const right = answer === undefined ? nested?.labels : parseCell(cellOf(row, answer) ?? '');
    const answers = answersOf(right, texts, nested !== null && answer === undefined);
    if (answers.length === 0) throw fail(`has no right answer (${shownJson(right)})`);
    return { text: cellOf(row, text) ?? '', choices: texts, answers };
  });
}

const isTargets = (value: unknown): value is { choices: unknown[]; labels?: unknown } =>
  typeof value === 'object' && value !== null && 'choices' in value && Array.isArray(value.choices);

const asText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

function parseCell(cell: string): unknown {
  if (!/^\s*[[{]/.test(cell)) return cell;
  try {
    const value: unknown = JSON.parse(cell);
    // Throws where it nests too deep to be handed on as text.
    JSON.stringify(value);
    return value;
  } catch {
    return cell;
  }
}

/** Indices of the right choices; a list as long as the choices of 0 and 1 is one flag per choice when `flags` or it repeats. */
function answersOf(right: unknown, choices: readonly string[], flags: boolean): number[] {
  if (Array.isArray(right)) {
    const numbers = right.map((each) => Number(asText(each)));
    const repeats = new Set(numbers).size < numbers.length;
    const perChoice = numbers.length === choices.length && numbers.every((n) => n === 0 || n === 1);
    if (perChoice && (flags || repeats)) return numbers.flatMap((n, at) => (n ? [at] : []));
    return numbers.every((n) => Number.isInteger(n) && n >= 0 && n < choices.length) ? numbers : [];
  }
  const text = asText(right ?? '').trim();
  const letter = /^[A-Za-z]$/.test(text) ? text.toUpperCase().charCodeAt(0) - 65 : -1;
  const index = /^\d+$/.test(text)
    ? Number(text)
    : choices.includes(text)
      ? choices.indexOf(text)
      : letter;
  return index >= 0 && index < choices.length ? [index] : [];
}
