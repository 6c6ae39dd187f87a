import { badFile, faultsOf, shownJson, type Fail } from '../errors.ts';
import { needColumns, type ColumnMap } from './columns.ts';
import { parseCell } from './choices.ts';
import type { Texts } from './prompt.ts';
import { cellOf, placeOf, type Table } from './table.ts';
import { isRecord } from './tokenizerJson.ts';

/** A turn of a chat, its role as chat templates call it. */
export interface Turn {
  role: string;
  content: string;
}

/** A prompt and its answers, each of which counts; or a chat, whose answers are what the assistant says. With its place as messages begin. */
export type AnswerRow = { place: string } & (
  (Texts & { answers: string[]; turns?: undefined }) | { turns: Turn[] }
);

const chatNames = ['messages', 'conversations', 'conversation'];
const pairs: readonly { text: string; more: readonly string[]; answer: readonly string[] }[] = [
  { text: 'instruction', more: ['input', 'context'], answer: ['output', 'response'] },
  { text: 'question', more: ['context', 'passage'], answer: ['answer', 'answers', 'response'] },
  { text: 'prompt', more: [], answer: ['completion', 'response', 'answer', 'output'] },
  { text: 'query', more: [], answer: ['response', 'answer'] },
  { text: 'problem', more: [], answer: ['solution', 'answer'] },
  { text: 'input', more: [], answer: ['output'] },
];

/** The columns of instruction data by their names: prompt, what belongs to it, and answer, or the turns of a chat; null of others. */
export function guessAnswers(columns: readonly string[]): ColumnMap | null {
  const find = (name: string) => columns.find((column) => column.toLowerCase() === name);
  const first = (names: readonly string[]) => names.map(find).find((name) => name !== undefined);
  const chat = first(chatNames);
  if (chat !== undefined) return { text: chat };
  for (const { text: name, more, answer: names } of pairs) {
    const [text, second, answer] = [find(name), first(more), first(names)];
    if (text === undefined || answer === undefined) continue;
    return { text, ...(second !== undefined && { text_b: second }), answer };
  }
  return null;
}

/**
 * Prompts with their answers of a table: `columns.answer` holds one, or in every row a JSON list of several (or SQuAD's
 * {text: […]}). Without it `columns.text` holds chats, a JSON list of {role, content} or {from, value}. Throws BadFile
 * with line.
 */
export function answersOf(table: Table, { text, text_b, answer }: ColumnMap): AnswerRow[] {
  needColumns(
    table,
    [text, text_b, answer].filter((column) => column !== undefined),
  );
  const cells = table.rows.map((row) => cellOf(row, answer ?? text) ?? '');
  const lists = cells.map((cell) => listed(parseCell(cell)));
  const several = lists.every((list) => list !== null);
  return table.rows.map((row, at): AnswerRow => {
    const place = placeOf(table, at);
    if (answer === undefined) return { place, turns: turnsOf(cells[at]!, place) };
    const prompt = cellOf(row, text);
    const more = text_b === undefined ? '' : (cellOf(row, text_b) ?? '');
    const answers = several ? lists[at]! : [cells[at]!];
    const fault =
      prompt === undefined ? text : answers.every((each) => each === '') ? answer : null;
    if (fault !== null)
      throw badFile(`${place} has no ${JSON.stringify(fault)}. Fill it in, or remove the line.`);
    return {
      place,
      text: prompt ?? '',
      ...(more !== '' && { text_b: more }),
      answers: [...new Set(answers)].filter((each) => each !== ''),
    };
  });
}

/** Whether a cell holds an answer, or a chat one; what is no chat does, to be refused by its reader. */
export function hasAnswer(cell: string, isChat: boolean): boolean {
  const value = parseCell(cell);
  if (!isChat) return cell.trim() !== '' && (listed(value) ?? ['any']).some((each) => each !== '');
  return !Array.isArray(value) || value.some((turn, i) => i > 0 && isAnswer(turn));
}

const isAnswer = (turn: unknown) => {
  if (!isRecord(turn)) return true;
  const role = turn.role ?? turn.from;
  return typeof role !== 'string' || roleOf(role) === 'assistant';
};

/** The texts of a list, or of SQuAD's {text: […]}; null of anything else. */
function listed(value: unknown): string[] | null {
  const list: unknown = isRecord(value) ? value.text : value;
  if (!Array.isArray(list) || list.length === 0) return null;
  return list.every((each) => typeof each === 'string') ? list : null;
}

/** What data sets call the roles of chat templates. */
const roles: Record<string, string> = {
  human: 'user',
  prompter: 'user',
  gpt: 'assistant',
  chatgpt: 'assistant',
  bot: 'assistant',
  model: 'assistant',
};

const roleOf = (role: string) => (Object.hasOwn(roles, role) ? roles[role]! : role);

/** A chat's turns as far as its last answer. */
function turnsOf(cell: string, place: string): Turn[] {
  const fail = faultsOf(
    place,
    'Give a chat as a JSON list like [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}], or choose a column with answers.',
  );
  const list = parseCell(cell);
  if (!Array.isArray(list)) throw fail(`has ${shownJson(cell)} where a chat must be`);
  const turns = list.map((value: unknown, i) => turnOf(value, i, fail));
  const last = turns.findLastIndex(({ role }, i) => role === 'assistant' && i > 0);
  if (last < 0) throw fail('has a chat in which no assistant answers');
  return turns.slice(0, last + 1);
}

function turnOf(value: unknown, at: number, fail: Fail): Turn {
  const turn = isRecord(value) ? value : {};
  const role = turn.role ?? turn.from;
  const content = textOf(turn.content ?? turn.value);
  if (typeof role !== 'string' || content === null)
    throw fail(`has a chat whose turn ${at + 1} is ${shownJson(value)}, without role or text`);
  return { role: roleOf(role), content };
}

/** A turn's text, which may come in parts. */
function textOf(content: unknown): string | null {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return null;
  const parts = content.map((part: unknown) => (isRecord(part) ? part.text : part));
  return parts.every((part) => typeof part === 'string') ? parts.join('') : null;
}
