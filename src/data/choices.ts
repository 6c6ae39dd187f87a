import { badFile, faultsOf, shownJson, type Fail } from '../errors.ts';
import { needColumns } from './columns.ts';
import type { ColumnMap } from './columns.ts';
import { cellOf, placeOf, type Table } from './table.ts';
import { isRecord } from './tokenizerJson.ts';

/** A multiple-choice question; `answers` are the indices of the right choices. */
export interface ChoiceRow {
  text: string;
  choices: string[];
  answers: number[];
}

const textNames = [
  ...['ctx', 'premise', 'goal', 'startphrase', 'question_stem', 'question'],
  ...['query', 'text', 'sentence', 'prompt', 'stem', 'input'],
];
const listNames = ['choices', 'mc2_targets', 'mc1_targets', 'options', 'endings'];
const answerNames = ['answerkey', 'answers', 'answer', 'label', 'labels', 'gold', 'correct'];
/** A column for each choice: choice1, ending0, sol2, option_a, answerA, A. */
const apart = /^(?:(choice|option|ending|sol|solution|answer|opt)_?)?([0-9]|[a-j])$/i;

/** The columns of published multiple-choice questions by their names; null of other tables. */
export function guessChoices(columns: readonly string[]): ColumnMap | null {
  const find = (name: string) => columns.find((column) => column.toLowerCase() === name);
  const first = (names: readonly string[]) => names.map(find).find((name) => name !== undefined);
  const list = first(listNames);
  const own = list === undefined ? choicesApart(columns) : [list];
  // ARC's own files: {stem, choices} in one column.
  const nested = find('answerkey') === undefined ? undefined : find('question');
  const choices = own.length > 0 || nested === undefined ? own : [nested];
  if (choices.length === 0) return null;
  const rest = columns.filter((column) => !choices.includes(column));
  const text = first(textNames) ?? rest[0] ?? 'text';
  const answer = first(answerNames);
  const told = answer !== undefined && !choices.includes(answer) && answer !== text;
  if (list === undefined && !told) return null;
  return { text, choices, ...(told && { answer }) };
}

/** The columns that are named alike and counted, the most there are. */
function choicesApart(columns: readonly string[]): string[] {
  const groups = new Map<string, string[]>();
  for (const column of columns) {
    const [whole, name = '', mark = ''] = apart.exec(column) ?? [];
    if (whole === undefined || (name === '' && /\d/.test(mark))) continue;
    const group = groups.get(name.toLowerCase());
    if (group) group.push(column);
    else groups.set(name.toLowerCase(), [column]);
  }
  const [most = []] = [...groups.values()].sort((a, b) => b.length - a.length);
  return most.length < 2 ? [] : most.toSorted((a, b) => (a < b ? -1 : 1));
}

/**
 * Multiple-choice questions of a table. `columns.choices` is one column with a JSON list, ARC's {text, label} or TruthfulQA's
 * {choices, labels}, or one column per choice; `columns.answer` a column with the index, letter, name or text of the right
 * choice, or a JSON list of indices, or one 0 or 1 per choice. Several numbers count from 1 where none is 0 and one is
 * the number of choices; `told` are those of all rows where the table is a part. Throws BadFile with line.
 */
export function choicesOf(
  table: Table,
  columns: ColumnMap,
  told: ReadonlySet<string> = new Set(),
): ChoiceRow[] {
  const { text, choices = [], answer } = columns;
  if (choices.length === 0)
    throw badFile(
      `No column holds choices; there are ${table.columns.map((column) => JSON.stringify(column)).join(', ')}. Choose one with a list, or one for each choice.`,
    );
  needColumns(table, [text, ...choices, ...(answer === undefined ? [] : [answer])]);
  const rows = table.rows.map((row, at) => {
    const fail = faultsOf(
      placeOf(table, at),
      'Give "choices" as a JSON list, and the right ones as their indices from 0.',
    );
    const read = offered(choices.map((column) => parseCell(cellOf(row, column) ?? '')));
    if (read.texts.length < 2) throw fail('has fewer than two choices');
    const right = answer === undefined ? read.flags : parseCell(cellOf(row, answer) ?? '');
    const asked = parseCell(cellOf(row, text) ?? '');
    const question = isRecord(asked) && typeof asked.stem === 'string' ? asked.stem : null;
    return {
      ...{ ...read, fail, right, flagged: answer === undefined },
      text: question ?? cellOf(row, text) ?? '',
    };
  });
  const from = rows.every(({ names }) => names === null) ? countedFrom(rows, told) : 0;
  return rows.map(({ text, texts, names, right, flagged, fail }) => {
    const answers = answersOf(right, { texts, names, flagged, from });
    if (answers.length === 0) throw noAnswer(right, texts, fail);
    return { text, choices: texts, answers };
  });
}

/** Choices as a row offers them, with what they are called and which are flagged right where it says so. */
interface Offered {
  texts: string[];
  names: string[] | null;
  flags?: unknown;
}

function offered(cells: readonly unknown[]): Offered {
  const [first] = cells;
  if (cells.length > 1) return { texts: cells.map(asText), names: null };
  if (Array.isArray(first)) {
    const list: unknown[] = first;
    const labelled = list.filter(isRecord).filter((each) => 'text' in each && 'label' in each);
    if (labelled.length < list.length) return { texts: list.map(asText), names: null };
    return {
      texts: labelled.map((each) => asText(each.text)),
      names: labelled.map((each) => asText(each.label)),
    };
  }
  if (!isRecord(first)) return { texts: [], names: null };
  const { choices, labels, text, label } = first;
  if (Array.isArray(choices)) return { ...offered([choices]), flags: labels };
  if (!Array.isArray(text)) return flaggedIn(first);
  const names = Array.isArray(label) && label.length === text.length ? label.map(asText) : null;
  return { texts: text.map(asText), names };
}

/** Choices with 1 or 0 each, as TruthfulQA's own mc_task.json has them. */
function flaggedIn(choices: Record<string, unknown>): Offered {
  const flags = Object.values(choices);
  if (!flags.every((flag) => flag === 0 || flag === 1)) return { texts: [], names: null };
  return { texts: Object.keys(choices), names: null, flags };
}

const asText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

/** The value of a cell that holds a list or an object as JSON, else its text. */
export function parseCell(cell: string): unknown {
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

/** 1 where right choices are numbers that count from 1, else 0. */
function countedFrom(
  rows: readonly { right: unknown; texts: readonly string[] }[],
  told: ReadonlySet<string>,
): 0 | 1 {
  const numberOf = (right: unknown) =>
    typeof right === 'string' && /^\s*\d+\s*$/.test(right) ? Number(right) : NaN;
  const numbers = rows.map(({ right }) => numberOf(right));
  const others = [...told].map(numberOf);
  const counts = rows.map(({ texts }) => texts.length);
  const most = counts.reduce((a, b) => Math.max(a, b), 0);
  const within =
    numbers.every((n, i) => n >= 1 && n <= counts[i]!) && others.every((n) => n >= 1 && n <= most);
  const last = numbers.some((n, i) => n === counts[i]!) || others.includes(most);
  return within && last && new Set([...numbers, ...others]).size > 1 ? 1 : 0;
}

/** Indices of the right choices; a list as long as the choices of 0 and 1 is one flag per choice when `flagged` or it repeats. */
function answersOf(
  right: unknown,
  {
    texts,
    names,
    flagged,
    from,
  }: Pick<Offered, 'texts' | 'names'> & { flagged: boolean; from: number },
): number[] {
  if (Array.isArray(right)) {
    const numbers = right.map((each) => Number(asText(each)));
    const repeats = new Set(numbers).size < numbers.length;
    const perChoice = numbers.length === texts.length && numbers.every((n) => n === 0 || n === 1);
    if (perChoice && (flagged || repeats)) return numbers.flatMap((n, at) => (n ? [at] : []));
    return numbers.every((n) => Number.isInteger(n) && n >= 0 && n < texts.length) ? numbers : [];
  }
  const text = asText(right ?? '').trim();
  const letter = /^[A-Za-z]$/.test(text) ? text.toUpperCase().charCodeAt(0) - 65 : -1;
  const named = names?.indexOf(text) ?? -1;
  const index =
    named >= 0
      ? named
      : /^\d+$/.test(text)
        ? Number(text) - from
        : texts.includes(text)
          ? texts.indexOf(text)
          : letter;
  return index >= 0 && index < texts.length ? [index] : [];
}

function noAnswer(right: unknown, texts: readonly string[], fail: Fail) {
  const text = asText(right ?? '').trim();
  if (text === '' || text === '-1')
    return fail(
      `has no right answer (${shownJson(right)}): it may be kept secret, so choose a split that has them`,
    );
  const shown = texts.slice(0, 4).map((each) => shownJson(each));
  return fail(
    `has no right answer (${shownJson(right)}) among its ${texts.length} choices, ${shown.join(', ')}${texts.length > 4 ? ', …' : ''}`,
  );
}
